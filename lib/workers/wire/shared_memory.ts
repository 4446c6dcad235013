/** What has become of the call in a slot. From `UNDEFINED` on, it has ended and its result lies here. */
export const Slot = {
  FREE: 0,
  WAITING: 1,
  STARTED: 2,
  TAKEN_BACK: 3,
  UNDEFINED: 4,
  NULL: 5,
  FALSE: 6,
  TRUE: 7,
  NUMBER: 8,
  INTEGER: 9,
} as const;

/** Where what lies. */
export const Layout = {
  /** How many calls a worker can be sent ahead. */
  SLOTS: 1024,
  /** Words before the first slot: the call that is cancelled, and how many reports of progress have been read. */
  HEAD: 4,
  /** Words of a slot, one array each: its state, the function, the kinds of the arguments. */
  WORDS: 3,
  /** Numbers of a slot: the call, or its result; and the arguments that fit. */
  PLACES: 5,
} as const;

const { HEAD, WORDS, PLACES } = Layout;
export const { SLOTS } = Layout;

/**
 * The memory that a worker shares with its pool; this is the pool's side, `inside/memory.ts` the worker's. Calls of small
 * values, and results that are such, lie here: a message of one number tells of any number of them, and is sent in three
 * quarters of the time that an array takes.
 *
 * Whole numbers are kept apart from others: one that comes out of an array of doubles is a double, and V8 compiles
 * whatever is computed from it for doubles, which takes twice as long.
 *
 * Slots are used in turn. One belongs to its call until both sides are done with it: a call that was taken back leaves
 * its slot when the worker has come across it.
 */
export class SharedMemory {
  readonly buffer: SharedArrayBuffer = new SharedArrayBuffer((HEAD + WORDS * SLOTS) * 4 + PLACES * SLOTS * 8);
  readonly #words = new Int32Array(this.buffer, 0, HEAD + WORDS * SLOTS);
  readonly #numbers = new Float64Array(this.buffer, (HEAD + WORDS * SLOTS) * 4, PLACES * SLOTS);
  /** The same places, two a number: a whole number lies in the first. */
  readonly #integers = new Int32Array(this.buffer, (HEAD + WORDS * SLOTS) * 4, 2 * PLACES * SLOTS);

  #next = 0;

  /** Tell the code of call `id` that it is cancelled. */
  cancel(id: number): void {
    Atomics.store(this.#words, 0, id);
  }

  /** A report of progress has been read. */
  progressed(): void {
    Atomics.add(this.#words, 1, 1);
  }

  /** Whether the next slot is still in use. */
  get full(): boolean {
    return this.state(this.#next) !== Slot.FREE;
  }

  /** Make the next slot ready for a call, or return -1 when it is in use. */
  open(): number {
    if (this.full) return -1;
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS;
    Atomics.store(this.#words, HEAD + slot, Slot.WAITING);
    return slot;
  }

  /** Put a call into its slot. Returns `false` when it does not fit. */
  store(slot: number, id: number, fn: number, args: readonly unknown[]): boolean {
    if (args.length >= PLACES) return false;
    const place = slot * PLACES;
    let kinds = 0;
    for (let index = 0; index < args.length; index++) {
      const arg = args[index];
      const kind = kindOf(arg);
      if (kind === 0) return false;
      if (kind === Slot.INTEGER) this.#integers[2 * (place + 1 + index)] = arg as number;
      else if (kind === Slot.NUMBER) this.#numbers[place + 1 + index] = arg as number;
      kinds |= kind << (4 * index);
    }
    this.#numbers[place] = id;
    this.#words[HEAD + SLOTS + slot] = fn;
    this.#words[HEAD + 2 * SLOTS + slot] = kinds;
    return true;
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
        return this.#numbers[slot * PLACES];
      case Slot.INTEGER:
        return this.#integers[2 * slot * PLACES];
      default:
        return undefined;
    }
  }

  /** The call is over, and what lies in its slot has been read. */
  free(slot: number): void {
    Atomics.store(this.#words, HEAD + slot, Slot.FREE);
  }
}

/** How `value` lies in the memory; 0 when it cannot. */
function kindOf(value: unknown): number {
  if (typeof value === "number") return Object.is(value, value | 0) ? Slot.INTEGER : Slot.NUMBER;
  if (value === undefined) return Slot.UNDEFINED;
  if (value === null) return Slot.NULL;
  if (value === false) return Slot.FALSE;
  return value === true ? Slot.TRUE : 0;
}
