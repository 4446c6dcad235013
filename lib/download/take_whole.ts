import { currentScope, runInScope } from "../core/ambient.ts";
import type { Attempt, UsableAnswer } from "./attempt.ts";
import { diskError } from "./disk/disk_error.ts";
import { take } from "./http/exchange.ts";
import { networkError } from "./http/network_error.ts";
import { endedEarly } from "./http/receive.ts";
import { strongValidator, versionOf } from "./http/validator.ts";
import type { Watch } from "./http/watch.ts";
import type { Digest } from "./words/checksum.ts";
import { DownloadError } from "./words/download_error.ts";

/** A smaller file comes with one read: it would be of no use in part, and to have a thread write it costs more. */
const SMALL = 1 << 16;

/** Read a file, or the rest of one, from its first byte to its last. */
export async function takeWhole(
  attempt: Attempt,
  { answer, verdict }: UsableAnswer,
  digest: Digest | undefined,
  watch: Watch,
): Promise<void> {
  const { session, part, wanted, listener } = attempt;
  const finalUrl = answer.url.href;
  const { headers } = answer.response;
  const { size } = verdict;
  let at = 0;
  if (verdict.is === "range") part.resume(at = verdict.first, wanted, finalUrl, headers);
  else if (size !== null && size <= SMALL) part.begin(null);
  else {
    const validator = strongValidator(headers) ?? null;
    part.begin({ ...wanted, finalUrl, validator, said: versionOf(headers), size, pieces: null });
  }
  const expected = verdict.is === "range" ? verdict.last + 1 - at : size;
  listener.onStart(size, at);
  if (digest === undefined && expected !== null && expected > SMALL && !session.rate.limited) {
    return await pipe(attempt, answer.response.body, at, expected, watch);
  }
  await take(session, answer, expected, at, watch, (bytes) => {
    part.write(bytes, at);
    digest?.update(bytes);
    listener.onBytes(at += bytes.length);
  });
}

/**
 * Have the platform write a body into the part, from the byte `at` on. That takes no turn of the event loop for each
 * piece, and a thread writes while the next piece is on its way: of all ways it is the one with the least work. But our code
 * does not see the bytes, so this is not for files whose bytes are counted, checked or delayed.
 *
 * @param expected Bytes that must come. The client takes no more than were announced.
 * @throws {DownloadError} When the connection breaks, or the disk is full.
 */
async function pipe(
  { session, part, listener }: Attempt,
  body: ReadableStream<Uint8Array> | null,
  at: number,
  expected: number,
  watch: Watch,
): Promise<void> {
  const scope = currentScope();
  let seen = at;
  let failure: { readonly error: unknown } | undefined;
  const look = () => {
    try {
      const bytes = part.size();
      // The listener may tell of progress less often: it hears of the same number again then.
      if (bytes > at) listener.onBytes(bytes);
      if (bytes === seen) return;
      watch.arrived(bytes - seen);
      seen = bytes;
      watch.receiving(true);
    } catch (error) {
      // Where too many files are open, the platform cannot look while it writes: the next look will do.
      if (error instanceof DownloadError && error.cause instanceof Deno.errors.Busy) return;
      // This runs in a timer: an error would go nowhere.
      failure ??= { error };
      scope.cancelBecause("the rest of the file is not wanted");
    }
  };
  watch.receiving(true);
  try {
    using _polling = session.sizePoll.add(() => runInScope(scope, look));
    if (body !== null) await part.fill(body, at);
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    // The platform does not repeat what it was aborted with.
    if (watch.signal.aborted) throw watch.signal.reason;
    // Of the two ends only the network's has errors of this class.
    throw error instanceof TypeError ? networkError(error, "receive the file") : diskError(error, `write ${part.path}`);
  }
  if (failure !== undefined) throw failure.error;
  if (part.length - at !== expected) throw endedEarly(part.length - at, expected);
  listener.onBytes(part.length);
}
