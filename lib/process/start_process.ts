import type { ProcessOptions } from "./options.ts";
import { Process } from "./process.ts";
import { ProcessRun } from "./process_run.ts";

/**
 * Start a process that belongs to the calling scope.
 *
 * - When that scope is cancelled, or its function ends, so does the process: SIGTERM to all of its group, which is itself and
 *   all that it has started; SIGKILL after `grace`; then a look at whether anything is left. `stopped` of the
 *   `CancelledError` says what it took.
 * - When it ends by itself, what it has left behind in that group is ended the same way. A child in a group of its own, as
 *   a shell makes it after `set -m`, lives on where nothing else is left: to look for it takes longer than many a program.
 * - Arguments are a list, and reach the program as they are: there is no shell in between.
 * - Should this program die without a chance to end it, as by `kill -9`, a small `sh` does so in its place, where the
 *   program may run that.
 *
 * As `asyncio.create_subprocess_exec`, and `trio.run_process`. On Windows there are no groups: the process alone is ended, at
 * once, and nobody does so if this program dies.
 *
 * @example Lines as they come
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { startProcess } from "@asyncio/toolkit/process";
 *
 * await using sort = startProcess("sort", [], { stdin: ["pear", "apple"] });
 * assertEquals(await Array.fromAsync(sort.lines()), ["apple", "pear"]);
 * assertEquals((await sort.status()).code, 0);
 * ```
 *
 * @example A question and its answer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { startProcess } from "@asyncio/toolkit/process";
 *
 * await using cat = startProcess("cat", [], { stdin: "piped" });
 * const writer = cat.stdin.getWriter();
 * await writer.write(new TextEncoder().encode("hello\n"));
 * for await (const line of cat.lines()) {
 *   assertEquals(line, "hello");
 *   break;
 * }
 * assertEquals(await cat.stop(), "cooperative");
 * ```
 *
 * @param command The program: a path, or a name that is looked for.
 * @param args Its arguments.
 * @param options Where it reads from and writes to; folder, environment, time, grace.
 * @returns The process; it runs already.
 * @throws {TypeError} When the command, an argument or an option is nothing that can be used.
 * @throws {Deno.errors.NotFound} When there is no such program.
 * @throws {CancelledError} In a scope that is cancelled; nothing is started.
 */
export function startProcess(command: string, args: readonly string[] = [], options: ProcessOptions = {}): Process {
  return new Process(new ProcessRun(command, args, options));
}
