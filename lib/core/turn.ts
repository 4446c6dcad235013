import { outside } from "./outside.ts";
import { realTime } from "./real_time.ts";

/** What runs in the next turn of the event loop. */
export interface Turn {
  /** Called once, after timers and I/O have had their share of this turn. Must not throw. */
  run(): void;
}

let next = new Set<Turn>();
let current = new Set<Turn>();
let immediate: ReturnType<typeof setImmediate> | undefined;

/** Have `turn.run` called in the next turn of the event loop, in order. One platform immediate serves all of a turn. */
export function queueTurn(turn: Turn): void {
  next.add(turn);
  if (next.size === 1) immediate = outside(realTime.setImmediate, runTurn);
  // The first `setImmediate` of a process may run microtasks (it does under `deno test`).
  if (next.size === 0) realTime.clearImmediate(immediate);
}

/** Forget `turn`. */
export function cancelTurn(turn: Turn): void {
  // With nobody left the immediate must go too: it would outlive its owners.
  if (next.delete(turn)) next.size === 0 && realTime.clearImmediate(immediate);
  else current.delete(turn);
}

/** A turn that any number of callers wait for. */
class SharedTurn implements Turn {
  readonly promise: Promise<void>;
  #resolve!: () => void;

  constructor() {
    this.promise = new Promise((resolve) => this.#resolve = resolve);
  }

  run(): void {
    shared = null;
    this.#resolve();
  }
}

let shared: SharedTurn | null = null;

/** Wait for the next turn of the event loop, out of reach of every cancellation. One promise serves all who do. */
export function nextTurn(): Promise<void> {
  if (shared === null) queueTurn(shared = new SharedTurn());
  return shared.promise;
}

/** Give `value` in the next turn. Apart from those who seldom need it: a function that makes a closure costs more also when it makes none. */
export function inNextTurn<T>(value: T): Promise<T> {
  return nextTurn().then(() => value);
}

/** Whether anything waits for the next turn. */
export function turnsPending(): boolean {
  return next.size > 0;
}

function runTurn(): void {
  [current, next] = [next, current];
  for (const turn of current) {
    current.delete(turn);
    turn.run();
  }
}
