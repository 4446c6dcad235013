import { moduleProxy, type WorkerModule } from "./pool/module_proxy.ts";
import { defaultPool, type RunInWorkerOptions } from "./run_in_worker.ts";

/**
 * Call the functions that a module exports as if they were here, while they run in a worker. For functions that need
 * imports, constants or each other: unlike those given to `runInWorker`, they see all of their module. Each worker loads
 * the module once, when it is first needed; what its top level sets up stays there for the calls that follow.
 *
 * The functions can also be handed to `runInWorker`, `pool.run`, `pool.map` and `pool.stream`, which is where options for a
 * single call go, and how a generator is read.
 *
 * A local module needs `--allow-read` for its file.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { workerModule } from "@asyncio/toolkit";
 *
 * // In a program this is `new URL("./cpu.ts", import.meta.url)`, and the type is `typeof import("./cpu.ts")`.
 * const url = `data:text/javascript,
 *   const table = [1, 1];
 *   export function fibonacci(n) {
 *     return table[n] ??= fibonacci(n - 1) + fibonacci(n - 2);
 *   }
 * `;
 * const cpu = workerModule<{ fibonacci(n: number): number }>(url);
 * assertEquals(await cpu.fibonacci(10), 89);
 * ```
 *
 * @typeParam M The module, as `typeof import("./cpu.ts")`.
 * @param url Where it is: `new URL("./cpu.ts", import.meta.url)`, or any absolute URL.
 * @param options For all calls: where they run, timeout, signal.
 * @returns An object with the functions of the module.
 * @throws {TypeError} When `url` is not absolute.
 */
export function workerModule<M>(url: string | URL, options: RunInWorkerOptions = {}): WorkerModule<M> {
  const { pool, ...callOptions } = options;
  return moduleProxy<M>(url, () => pool ?? defaultPool(), callOptions);
}
