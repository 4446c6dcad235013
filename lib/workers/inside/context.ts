import type { AsyncLocalStorage } from "node:async_hooks";
import type { WorkerContext } from "./kit.ts";

/**
 * Part of the program inside a worker: what keeps the asynchronous context of a call. `AsyncLocalStorage.run` costs more
 * than all the rest of a small call, so the two functions that it is made of are used directly where that was proven to
 * hold (see `core/context.ts`). Arrives as text: may use nothing outside of itself.
 */
export function workerContext(Storage: typeof AsyncLocalStorage, carries: boolean): WorkerContext {
  interface Core {
    getAsyncContext?(): Record<string, unknown> | undefined;
    setAsyncContext?(carried: Record<string, unknown> | undefined): void;
  }
  const { internal } = Deno as unknown as { internal?: symbol };
  const core = internal && (Deno as unknown as Record<symbol, { core?: Core }>)[internal]?.core;
  const { getAsyncContext: get, setAsyncContext: set } = core ?? {};
  const key = "asyncio-worker-call";
  if (!carries || get === undefined || set === undefined) return new Storage<unknown>();
  return {
    run(call, fn, ...args) {
      const before = get();
      set({ __proto__: null, ...before, [key]: call });
      try {
        return fn(...args);
      } finally {
        set(before);
      }
    },
    getStore: () => get()?.[key],
  };
}
