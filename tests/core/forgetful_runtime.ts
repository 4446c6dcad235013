/**
 * Makes the runtime lose, as one could from its next version on, what `core/context.ts` has continuations carry: after a
 * microtask, with `?turns` after a turn of the event loop, or with `?storages` inside of an `AsyncLocalStorage`. All other
 * values, as those of `AsyncLocalStorage`, stay.
 */
// deno-lint-ignore-file no-explicit-any
import { AsyncLocalStorage } from "node:async_hooks";

const deno = Deno as any;
const internal = deno[deno.internal];
const { getAsyncContext, setAsyncContext } = internal.core;

const [, what] = import.meta.url.split("?");
const forget = { turns: setImmediate, storages: () => {} }[what!] ?? queueMicrotask;
const remembered = new Set<unknown>();
const isOurs = (key: string) => key.startsWith("asyncio-");

const core = {
  ...internal.core,
  setAsyncContext(carried?: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(carried ?? {})) {
      if (!isOurs(key)) continue;
      remembered.add(value);
      forget(() => void remembered.delete(value));
    }
    setAsyncContext(carried);
  },
  getAsyncContext(): Record<string, unknown> | undefined {
    const all = Object.entries(getAsyncContext() ?? {}).filter(([key, value]) => !isOurs(key) || remembered.has(value));
    return all.length === 0 ? undefined : Object.fromEntries(all);
  },
};
Object.defineProperty(Deno, deno.internal, { value: { ...internal, core } });

if (what === "storages") {
  const { run } = AsyncLocalStorage.prototype;
  AsyncLocalStorage.prototype.run = function (value: unknown, fn: any, ...args: any[]) {
    return run.call(this, value, () => {
      const carried = Object.entries(getAsyncContext() ?? {}).filter(([key]) => !isOurs(key));
      setAsyncContext(Object.fromEntries(carried));
      return fn(...args);
    }) as any;
  };
}
