import { calmAlso } from "./cancellation.ts";
import { type Context, createContext, snapshot } from "./context.ts";
import { hostScope } from "./host.ts";
import { type Instrument, instrument } from "./instrument.ts";
import { isOwnAbort } from "./owned.ts";
import { enterBy, RootScope, type Scope } from "./scope.ts";

let context: Context<Scope> = createContext<Scope>((use) => context = use);

/** The scope of code that no task runs: it is never cancelled and never ends. */
export const outermost: RootScope = new RootScope(null);

/**
 * The scope that the calling code runs in. Follows `await`, timers and callbacks; see `AsyncLocalStorage`. A callback
 * that outlives the scope it was registered in belongs to the next one up, unless the scope was cancelled: then so is it.
 */
export function currentScope(): Scope {
  let scope = context.get() ?? hostScope(outermost);
  while (scope.closed && scope.error === null && scope.parent !== null) scope = scope.parent;
  return scope;
}

/** Call `fn` with `scope` as the current one, for it and for all that it starts. */
export function runInScope<A extends unknown[], R>(scope: Scope, fn: (...args: A) => R, ...args: A): R {
  if (instrument !== null && instrument.entering) return runObserved(instrument.entering, scope, fn, args);
  return context.run(scope, fn, ...args);
}

enterBy(runInScope);
calmAlso((reason) => isOwnAbort(currentScope(), reason));

/** A cold path with a closure. */
function runObserved<A extends unknown[], R>(
  entering: NonNullable<Instrument["entering"]>,
  scope: Scope,
  fn: (...args: A) => R,
  args: A,
): R {
  return entering(scope, () => context.run(scope, fn, ...args));
}

/** Call `fn` with a scope as the current one. */
export type RunInScope = <A extends unknown[], R>(scope: Scope, fn: (...args: A) => R, ...args: A) => R;

/** What calls functions in scopes of their own, as if the code that calls this did. For what is called from outside, and often. */
export function captureContext(): RunInScope {
  const runIn = context.capture();
  return (scope, fn, ...args) => {
    if (instrument !== null && instrument.entering) return instrument.entering(scope, () => runIn(scope, fn, ...args));
    return runIn(scope, fn, ...args);
  };
}

/** Have `fn`, whoever calls it, run as part of the code that calls this. */
export function bindToCaller<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  const inContext = snapshot();
  return (...args) => inContext(() => fn(...args));
}
