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

/** What a wait is for, in one word; `"promise"` is what somebody else has started, `"other"` what fits none of these. */
export type WaitKind =
  | "sleep"
  | "turn"
  | "sync"
  | "queue"
  | "select"
  | "task"
  | "worker"
  | "network"
  | "process"
  | "file"
  | "event"
  | "promise"
  | "other";

/** What a watcher sees of a wait. */
export interface WaitView {
  /** What it is for, the same for all of its class: a getter of the prototype, which costs a wait nothing. */
  readonly kind: WaitKind;
  /** What is waited for, in a few words: `"sleep 100 ms"`. May be asked once the wait is over, or its call has returned. */
  describe(): string;
}

/** What a watcher sees of something that has to be closed. */
export interface ResourceView {
  /** For messages: `worker pool "images"`. */
  describe(): string;
}

/** Where and when the function of a task ran, if that was not on this thread. */
export interface RunView {
  /** What ran it: `"worker 1"`. Two that have the same name ran one after the other. */
  readonly where: string;
  /** When it was called, in milliseconds of this thread's `performance.now()`. */
  readonly start: number;
  /** When it had ended. */
  readonly end: number;
}

/**
 * What may be told of as it happens, for those who watch: the tracer, the debug mode of `run`, the leak check. All
 * calls are synchronous, and must neither throw nor call back into the toolkit.
 */
export interface Instrument {
  /** A task or other scope came to be. Its `id`, `kind`, `parent` and `error` are known; its name is not, yet. */
  created?(scope: ScopeView): void;
  /** The function of a task was called. */
  started?(scope: ScopeView): void;
  /** The code in `scope` waits for something. */
  blocked?(scope: ScopeView, wait: WaitView): void;
  /** The code in `scope` awaits `task`, which is no wait of the toolkit; how long, only the end of the task can tell. */
  awaits?(scope: ScopeView, task: ScopeView): void;
  /** What it waited for came, or the wait was given up. */
  resumed?(scope: ScopeView, wait: WaitView): void;
  /** The scope was cancelled, with `scope.error`. */
  cancelled?(scope: ScopeView): void;
  /** The function of a task, which has not ended yet, ran on another thread. */
  ran?(scope: ScopeView, run: RunView): void;
  /** The scope has ended, with everything in it. */
  settled?(scope: ScopeView): void;
  /** Something came to be that has to be closed. */
  opened?(resource: ResourceView): void;
  /** It was closed. */
  closed?(resource: ResourceView): void;
  /**
   * Code is about to run in `scope`, by `call`, which must be called once, and whose result returned: for those who keep
   * an async context of their own in step with the scopes.
   */
  entering?<R>(scope: ScopeView, call: () => R): R;
}

/** All watchers as one. */
type Broadcast = Required<Omit<Instrument, "entering">> & {
  /** `null` when nobody asks for it: it costs a closure at each task. */
  entering: Instrument["entering"] | null;
};

/** The watcher, or `null`: one check at each event is all that not being watched costs. */
export let instrument: Broadcast | null = null;

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

function broadcast(): Broadcast | null {
  if (watchers.length === 0) return null;
  const all = [...watchers];
  const entering = all.filter((watcher) => watcher.entering !== undefined);
  return {
    created: (scope) => all.forEach((watcher) => watcher.created?.(scope)),
    started: (scope) => all.forEach((watcher) => watcher.started?.(scope)),
    blocked: (scope, wait) => all.forEach((watcher) => watcher.blocked?.(scope, wait)),
    awaits: (scope, task) => all.forEach((watcher) => watcher.awaits?.(scope, task)),
    resumed: (scope, wait) => all.forEach((watcher) => watcher.resumed?.(scope, wait)),
    cancelled: (scope) => all.forEach((watcher) => watcher.cancelled?.(scope)),
    ran: (scope, run) => all.forEach((watcher) => watcher.ran?.(scope, run)),
    settled: (scope) => all.forEach((watcher) => watcher.settled?.(scope)),
    opened: (resource) => all.forEach((watcher) => watcher.opened?.(resource)),
    closed: (resource) => all.forEach((watcher) => watcher.closed?.(resource)),
    entering: entering.length === 0
      ? null
      : (scope, call) => entering.reduce((inner, watcher) => () => watcher.entering!(scope, inner), call)(),
  };
}
