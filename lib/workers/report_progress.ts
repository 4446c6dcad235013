import { workerHost } from "../core/host.ts";
import { bridgeNatively } from "./call/bridge.ts";

/**
 * Tell the caller of a function in a worker how far it is: the call's `onProgress` is called with `value`. Does nothing
 * outside of workers. Arrow functions take it as an argument; in a module, import it.
 *
 * Each report is a message to another thread: report some dozen times, not in every step. Of reports that come faster than
 * the caller takes them the latest is kept, and the last one always arrives.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reportProgress, runInWorker } from "@asyncio/toolkit";
 *
 * const seen: unknown[] = [];
 * const sum = await runInWorker((report: (part: number) => void) => {
 *   report(0.5);
 *   return 1 + 1;
 * }, [reportProgress], { onProgress: (part) => seen.push(part) });
 * assertEquals([sum, seen], [2, [0.5]]);
 * ```
 *
 * @param value Anything that can be cloned.
 */
export function reportProgress(value: unknown): void {
  workerHost?.progress(value);
}

bridgeNatively(reportProgress, "progress");
