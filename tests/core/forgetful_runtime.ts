/**
 * Makes the runtime lose, as one could from its next version on, what `core/context.ts` has continuations carry: after a
 * microtask, or with `?turns` after a turn of the event loop. All other values, as those of `AsyncLocalStorage`, stay.
 */
// deno-lint-ignore-file no-explicit-any
const deno = Deno as any;
const internal = deno[deno.internal];
const { getAsyncContext, setAsyncContext } = internal.core;

const forget = import.meta.url.endsWith("?turns") ? setImmediate : queueMicrotask;
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
