import type { Attempt, UsableAnswer } from "./attempt.ts";
import type { Digest } from "./checksum.ts";
import { take } from "./exchange.ts";
import { pipe } from "./pipe.ts";
import { strongValidator } from "./validator.ts";
import type { Watch } from "./watch.ts";

/** A smaller file comes with one read: it would be of no use in part, and to have a thread write it costs more. */
const SMALL = 1 << 16;

/** Read a file, or the rest of one, from its first byte to its last. */
export async function takeInOneGo(
  attempt: Attempt,
  { answer, verdict }: UsableAnswer,
  digest: Digest | undefined,
  watch: Watch,
): Promise<void> {
  const { session, part, url } = attempt;
  let at = 0;
  if (verdict.is === "range") part.cut(at = verdict.first);
  else {
    const validator = strongValidator(answer.response.headers);
    const { size } = verdict;
    const keep = validator !== undefined && (size === null || size > SMALL);
    part.startOver(keep ? { url, finalUrl: answer.url.href, validator, size, pieces: null } : null);
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
