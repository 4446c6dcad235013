import type { CancelledError } from "../errors.ts";

/** What a watcher sees of a scope. */
export interface ScopeView {
  /** Unique in this process, in order of creation. */
  readonly id: number;
  /** `"task"`, `"group"`, `"timeout"`, … */
  readonly kind: string;
  /** Given by the user, or made of `kind` and `id`. */
  readonly name: string;
  /** The scope it was created in; `null` for a root. */
  readonly parent: ScopeView | null;
  /** Why it is cancelled, or `null`. */
  readonly error: CancelledError | null;
}

/** What a watcher sees of a wait. */
export interface WaitView {
  /** What is waited for, in a few words: `"sleep 100 ms"`. */
  describe(): string;
}

/**
 * What may be told of as it happens, for those who watch: the tracer, the debug mode of `run`, the leak check. All
 * calls are synchronous, and must neither throw nor call back into the toolkit.
 */
export interface Instrument {
  /** A task or other scope came to be. */
  created?(scope: ScopeView): void;
  /** The function of a task was called. */
  started?(scope: ScopeView): void;
  /** The code in `scope` waits for something. */
  blocked?(scope: ScopeView, wait: WaitView): void;
  /** What it waited for came, or the wait was given up. */
  resumed?(scope: ScopeView, wait: WaitView): void;
  /** The scope was cancelled, with `scope.error`. */
  cancelled?(scope: ScopeView): void;
  /** The scope has ended, with everything in it. */
  settled?(scope: ScopeView): void;
}

/** The watcher, or `null`: one check at each event is all that not being watched costs. */
export let instrument: Required<Instrument> | null = null;

const watchers: Instrument[] = [];

/** Tell `watcher` of everything from now on. Returns the function that ends it. */
export function watch(watcher: Instrument): () => void {
  watchers.push(watcher);
  instrument = broadcast();
  return () => {
    const index = watchers.indexOf(watcher);
    if (index >= 0) watchers.splice(index, 1);
    instrument = broadcast();
  };
}

function broadcast(): Required<Instrument> | null {
  if (watchers.length === 0) return null;
  const all = [...watchers];
  return {
    created: (scope) => all.forEach((watcher) => watcher.created?.(scope)),
    started: (scope) => all.forEach((watcher) => watcher.started?.(scope)),
    blocked: (scope, wait) => all.forEach((watcher) => watcher.blocked?.(scope, wait)),
    resumed: (scope, wait) => all.forEach((watcher) => watcher.resumed?.(scope, wait)),
    cancelled: (scope) => all.forEach((watcher) => watcher.cancelled?.(scope)),
    settled: (scope) => all.forEach((watcher) => watcher.settled?.(scope)),
  };
}
