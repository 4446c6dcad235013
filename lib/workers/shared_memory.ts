/**
 * The memory that a pool shares with one worker: the only way to tell a worker anything while its event loop is blocked,
 * and to learn what it had finished when it was stopped.
 *
 * One word says which call has been cancelled. Then there is a slot for each call that was sent: its state, and a number.
 * Whoever moves a slot out of `WAITING` owns the call: the worker by starting it, or the pool by taking it back. So a call
 * is started once, or taken back, but never both.
 */

/** How many calls a worker can be sent ahead. */
export const SLOTS = 1024;

/** States of a slot. From `UNDEFINED` on, the call has ended and its result lies here. */
export const Slot = {
  WAITING: 0,
  STARTED: 1,
  TAKEN_BACK: 2,
  UNDEFINED: 3,
  NULL: 4,
  FALSE: 5,
  TRUE: 6,
  NUMBER: 7,
} as const;

/** Words before the first slot. */
const HEAD = 4;

/** The pool's side. `worker_main.ts` has the worker's, which cannot import this one. */
export class SharedMemory {
  readonly buffer: SharedArrayBuffer = new SharedArrayBuffer((HEAD + SLOTS) * 4 + SLOTS * 8);
  readonly #words = new Int32Array(this.buffer, 0, HEAD + SLOTS);
  readonly #numbers = new Float64Array(this.buffer, (HEAD + SLOTS) * 4, SLOTS);

  #next = 0;

  /** Tell the code of call `id` that it is cancelled. */
  cancel(id: number): void {
    Atomics.store(this.#words, 0, id);
  }

  /** Make the next slot ready for a call: they are used in turn, and there are more than calls under way. */
  open(): number {
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS;
    Atomics.store(this.#words, HEAD + slot, Slot.WAITING);
    return slot;
  }

  /** Take a call back. Returns `false` when it has been started. */
  takeBack(slot: number): boolean {
    return Atomics.compareExchange(this.#words, HEAD + slot, Slot.WAITING, Slot.TAKEN_BACK) === Slot.WAITING;
  }

  /** What has become of a call. */
  state(slot: number): number {
    return Atomics.load(this.#words, HEAD + slot);
  }

  /** The result of a call whose state is `UNDEFINED` or above. */
  result(slot: number): unknown {
    switch (this.state(slot)) {
      case Slot.NULL:
        return null;
      case Slot.FALSE:
        return false;
      case Slot.TRUE:
        return true;
      case Slot.NUMBER:
        return this.#numbers[slot];
      default:
        return undefined;
    }
  }
}
