import type { Attempt, UsableAnswer } from "./attempt.ts";
import type { Digest } from "./checksum.ts";
import { take } from "./exchange.ts";
import { strongValidator } from "./validator.ts";
import type { Watch } from "./watch.ts";

/** A smaller file comes with one read, and would be of no use in part. */
const WORTH_A_RECORD = 1 << 16;

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
    const keep = validator !== undefined && (size === null || size > WORTH_A_RECORD);
    part.startOver(keep ? { url, finalUrl: answer.url.href, validator, size, pieces: null } : null);
  }
  const expected = verdict.is === "range" ? verdict.last + 1 - at : verdict.size;
  attempt.onStart(verdict.size, at);
  await take(session, answer, expected, at, watch, async (bytes) => {
    // Alone there is nothing to do meanwhile, and a thread costs more than it saves.
    const written = session.schedule.running > 1 ? part.writeAside(bytes, at) : part.write(bytes, at);
    digest?.update(bytes);
    await written;
    attempt.onBytes(at += bytes.length);
  });
}
