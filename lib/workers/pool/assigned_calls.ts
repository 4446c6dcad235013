import type { Call } from "../call/call.ts";
import { type SharedMemory, Slot } from "../wire/shared_memory.ts";

/**
 * The calls that one worker was given, in order: it runs the first, and the others are ahead of their time. Those that it
 * has not started can be taken back, as long as they have a slot in the memory that is shared with it.
 */
export class AssignedCalls {
  readonly #calls = new Map<number, Call>();
  readonly #shared: SharedMemory | null;

  /** @param shared The memory that the worker shares. */
  constructor(shared: SharedMemory | null) {
    this.#shared = shared;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Whether there may be more than the one that runs: only what can be taken back. */
  get canGrow(): boolean {
    return this.#shared !== null && !this.#shared.full;
  }

  /** The call that runs, if any. */
  get first(): Call | null {
    return this.#calls.values().next().value ?? null;
  }

  /** The first call beyond the one that runs. */
  get firstAhead(): Call | null {
    if (this.#calls.size < 2) return null;
    const calls = this.#calls.values();
    calls.next();
    return calls.next().value ?? null;
  }

  get(id: number): Call | undefined {
    return this.#calls.get(id);
  }

  has(call: Call): boolean {
    return this.#calls.get(call.id) === call;
  }

  all(): Call[] {
    return [...this.#calls.values()];
  }

  /** Put a call at the end. */
  add(call: Call): void {
    call.slot = this.#shared !== null && call.request.stream === undefined ? this.#shared.open() : -1;
    this.#calls.set(call.id, call);
  }

  /** A call is over. */
  delete(call: Call): void {
    this.#calls.delete(call.id);
    if (call.slot >= 0) this.#shared!.free(call.slot);
  }

  /** The first call, if it has ended and left its result in the shared memory. */
  get ended(): { call: Call; value: unknown } | null {
    if (this.#shared === null || this.#calls.size === 0) return null;
    // In order: what comes after the first that has not ended has not ended either.
    const call = this.#calls.values().next().value!;
    if (call.slot < 0 || this.#shared.state(call.slot) < Slot.UNDEFINED) return null;
    return { call, value: this.#shared.result(call.slot) };
  }

  /** Whether a call could be taken back. */
  waits(call: Call): boolean {
    return this.has(call) && call.slot >= 0 && this.#shared!.state(call.slot) === Slot.WAITING;
  }

  /** Whether the worker has begun a call that comes after `call`. */
  hasBegunAfter(call: Call): boolean {
    let isAfter = false;
    for (const each of this.#calls.values()) {
      if (isAfter && each.slot >= 0 && this.#shared!.state(each.slot) !== Slot.WAITING) return true;
      isAfter ||= each === call;
    }
    return false;
  }

  /** Take a call back. Returns `false` when it has been started. The worker leaves the slot when it comes across it. */
  takeBack(call: Call): boolean {
    if (call.slot < 0 || !this.#shared!.takeBack(call.slot)) return false;
    this.#calls.delete(call.id);
    return true;
  }

  /**
   * Take back what has not been started and can be given to another worker, in order, at most `count` calls. What a call
   * has transferred is with this worker for good.
   */
  takeBackFirst(count: number): Call[] {
    const taken: Call[] = [];
    for (const call of this.#calls.values()) {
      if (taken.length >= count) break;
      if (call.movable && this.takeBack(call)) taken.push(call);
    }
    return taken;
  }

  /** Empty it. Returns what had been started, and what had not. */
  clear(): { started: Call[]; unstarted: Call[] } {
    const unstarted = this.takeBackFirst(Infinity);
    const started = this.all();
    this.#calls.clear();
    return { started, unstarted };
  }
}
