import { outside, realTime } from "./platform.ts";

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

/** What any number of waits have to do in one turn. */
class SharedTurn implements Turn {
  readonly #calls: (() => void)[] = [];

  add(call: () => void): void {
    this.#calls.push(call);
  }

  run(): void {
    shared = null;
    for (const call of this.#calls) call();
  }
}

let shared: SharedTurn | null = null;

/**
 * Call `call`, which must not throw, in the next turn of the event loop, out of reach of every cancellation; several in
 * their order. Waits that settle in there go on in the order in which they would have gone on at once.
 */
export function callNextTurn(call: () => void): void {
  if (shared === null) queueTurn(shared = new SharedTurn());
  shared.add(call);
}

/** Wait for the next turn of the event loop, out of reach of every cancellation. */
export function nextTurn(): Promise<void> {
  return new Promise(callNextTurn);
}

/** Give `value` in the next turn. Apart from those who seldom need it: a function that makes a closure costs more also when it makes none. */
export function inNextTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => callNextTurn(() => resolve(value)));
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
