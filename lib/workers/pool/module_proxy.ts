import { inspectBriefly } from "../../core/checks.ts";
import type { Task } from "../../tasks/task.ts";
import type { Executor } from "./executor.ts";
import { exportOf, standFor } from "../call/function_source.ts";
import type { WorkerCallOptions } from "./options.ts";

/** What `workerModule` makes of a function: its result comes as a task. Generators keep their type. */
export type WorkerFunction<F> = F extends (...args: infer A) => infer R
  // One that always throws gives `never`, which is each of these.
  ? [R] extends [never] ? (...args: A) => Task<never>
  : R extends Generator | AsyncGenerator ? (...args: A) => R
  : (...args: A) => Task<Awaited<R>>
  : never;

/**
 * The functions that a module exports, to be called in a worker.
 *
 * @typeParam M The module, as `typeof import("./cpu.ts")`.
 */
export type WorkerModule<M> = {
  readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: WorkerFunction<M[K]>;
};

/** What `workerModule` gives, with a pool that is looked up when it is needed. */
export function moduleProxy<M>(url: string | URL, pool: () => Executor, options: WorkerCallOptions): WorkerModule<M> {
  const { href } = absolute(url);
  const functions = new Map<string, unknown>();
  return new Proxy(Object.freeze(Object.create(null)), {
    get(_target, name): unknown {
      // A promise that resolves to this asks for `then`: it must not look like one.
      if (typeof name !== "string" || name === "then") return undefined;
      let fn = functions.get(name);
      if (fn === undefined) {
        const proxied = (...args: unknown[]): Task<unknown> => pool().run(proxied, args, options);
        Object.defineProperty(proxied, "name", { value: name });
        standFor(proxied, exportOf(href, name));
        functions.set(name, fn = proxied);
      }
      return fn;
    },
  }) as WorkerModule<M>;
}

function absolute(url: unknown): URL {
  if (url instanceof URL) return url;
  if (typeof url === "string" && URL.canParse(url)) return new URL(url);
  throw new TypeError(
    `Cannot use a module in a worker as its URL must be absolute, as new URL("./cpu.ts", import.meta.url): ` +
      `current value is ${inspectBriefly(url)}`,
  );
}
