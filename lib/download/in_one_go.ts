import type { Attempt, UsableAnswer } from "./attempt.ts";
import type { Digest } from "./words/checksum.ts";
import { take } from "./http/exchange.ts";
import { pipe } from "./pipe.ts";
import { strongValidator, versionOf } from "./http/validator.ts";
import type { Watch } from "./http/watch.ts";

/** A smaller file comes with one read: it would be of no use in part, and to have a thread write it costs more. */
const SMALL = 1 << 16;

/** Read a file, or the rest of one, from its first byte to its last. */
export async function takeInOneGo(
  attempt: Attempt,
  { answer, verdict }: UsableAnswer,
  digest: Digest | undefined,
  watch: Watch,
): Promise<void> {
  const { session, part, wanted } = attempt;
  let at = 0;
  const finalUrl = answer.url.href;
  const { headers } = answer.response;
  if (verdict.is === "range") part.goOn(at = verdict.first, wanted, finalUrl, headers);
  else {
    const validator = strongValidator(headers) ?? null;
    const { size } = verdict;
    const keep = (validator !== null || wanted.checksum !== null) && (size === null || size > SMALL);
    const said = versionOf(headers);
    part.startOver(keep ? { ...wanted, finalUrl, validator, said, size, pieces: null } : null);
  }
  const expected = verdict.is === "range" ? verdict.last + 1 - at : verdict.size;
  attempt.onStart(verdict.size, at);
  if (digest === undefined && expected !== null && expected > SMALL && !session.rate.limited) {
    return await pipe(attempt, answer.response.body, at, expected, watch);
  }
  await take(session, answer, expected, at, watch, (bytes) => {
    part.write(bytes, at);
    digest?.update(bytes);
    attempt.onBytes(at += bytes.length);
  });
}
