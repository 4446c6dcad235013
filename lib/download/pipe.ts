import { currentScope, runInScope } from "../core/ambient.ts";
import type { Attempt } from "./attempt.ts";
import { diskError } from "./disk/disk_error.ts";
import { DownloadError } from "./words/download_error.ts";
import { networkError } from "./http/network_error.ts";
import { brokenOff } from "./http/receive.ts";
import type { Watch } from "./http/watch.ts";

/**
 * Have the platform write a body into the part, from the byte `at` on. That takes no turn of the event loop for each
 * piece, and a thread writes while the next piece is on its way: of all ways it is the one with the least work. But nobody
 * sees the bytes, so it is not for those who want to count, check or delay them.
 *
 * @param expected Bytes that must come. The client takes no more than were announced.
 * @throws {DownloadError} When the connection breaks, or the disk is full.
 */
export async function pipe(
  { session, part, onBytes }: Attempt,
  body: ReadableStream<Uint8Array> | null,
  at: number,
  expected: number,
  watch: Watch,
): Promise<void> {
  const scope = currentScope();
  let seen = at;
  let failure: { readonly error: unknown } | undefined;
  const read = () => {
    try {
      const bytes = part.size();
      // Whoever is told may not want to know yet: then it is told the next time.
      if (bytes > at) onBytes(bytes);
      if (bytes === seen) return;
      watch.arrived(bytes - seen);
      seen = bytes;
      watch.receiving(true);
    } catch (error) {
      // Where too many files are open, the platform cannot look while it writes: then it is for the next time.
      if (error instanceof DownloadError && error.cause instanceof Deno.errors.Busy) return;
      // In a timer there is nobody to throw it to.
      failure ??= { error };
      scope.cancelBecause("nobody wants what comes");
    }
  };
  watch.receiving(true);
  try {
    using _following = session.gauges.follow(() => runInScope(scope, read));
    if (body !== null) await part.fill(body, at);
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    // The platform does not repeat what it was aborted with.
    if (watch.signal.aborted) throw watch.signal.reason;
    // Of the two ends only the network's has errors of this class.
    throw error instanceof TypeError ? networkError(error, "receive the file") : diskError(error, `write ${part.path}`);
  }
  if (failure !== undefined) throw failure.error;
  if (part.length - at !== expected) throw brokenOff(part.length - at, expected);
  onBytes(part.length);
}
