import { AsyncLocalStorage } from "node:async_hooks";
import { RootScope, type Scope } from "./scope.ts";

const storage = new AsyncLocalStorage<Scope>();

/** The scope of code that no task runs: it is never cancelled and never ends. */
export const outermost: RootScope = new RootScope(null);

/** The scope that the calling code runs in. Follows `await`, timers and callbacks; see `AsyncLocalStorage`. */
export function currentScope(): Scope {
  return storage.getStore() ?? outermost;
}

/** Call `fn` with `scope` as the current one, for it and for all that it starts. */
export function runInScope<A extends unknown[], R>(scope: Scope, fn: (...args: A) => R, ...args: A): R {
  return storage.run(scope, fn, ...args);
}
