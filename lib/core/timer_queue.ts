/** Something to be done at a time. The queue keeps its place in the entry itself, so that leaving early is cheap. */
export interface TimerEntry {
  /** When, in milliseconds of the clock it is queued with. */
  due: number;
  /** Order of queueing; breaks ties, so that equal deadlines are first in, first out. Kept by the queue. */
  order: number;
  /** Place in the heap, -1 when not queued. Kept by the queue. */
  index: number;
  /** Called once, after the entry has left the queue. */
  fire(): void;
}

/** Children of a node in the heap: four touch fewer cache lines than two. */
const ARITY = 4;

/** What stands in the place of an entry that was taken out, so that all others can stay in theirs. */
class Hole implements TimerEntry {
  readonly due: number;
  readonly order: number;
  index = -1;

  constructor({ due, order }: TimerEntry) {
    this.due = due;
    this.order = order;
  }

  fire(): void {}
}

/**
 * Entries by due time, then by order of queueing: a heap in which every entry knows its place.
 *
 * One that is taken out leaves a hole, which is closed when it comes to the front, or when every second place is one. So a
 * hundred thousand entries that are taken out one by one, as a cancellation does it, cost no more each than a few.
 */
export class TimerQueue {
  #heap: TimerEntry[] = [];
  #holes = 0;
  #order = 0;

  /** How many entries are queued. */
  get size(): number {
    return this.#heap.length - this.#holes;
  }

  /** The next entry, or `undefined`. */
  peek(): TimerEntry | undefined {
    while (this.#heap[0] instanceof Hole) {
      this.#holes--;
      this.#shift();
    }
    return this.#heap[0];
  }

  /** Queue an entry by its `due`; among equals the last, or by its `order`. */
  push(entry: TimerEntry, order: number = this.#order++): void {
    entry.order = order;
    this.#heap.push(entry);
    this.#rise(entry, this.#heap.length - 1);
  }

  /** Take an entry out; does nothing when it is not queued. */
  remove(entry: TimerEntry): void {
    const heap = this.#heap;
    const { index } = entry;
    if (index < 0) return;
    entry.index = -1;
    if (index === heap.length - 1) heap.pop();
    else {
      heap[index] = new Hole(entry);
      this.#holes++;
    }
    if (this.#holes * 2 > heap.length) this.#closeHoles();
  }

  /** Take out the next entry if it is due at `now`. */
  popDue(now: number): TimerEntry | undefined {
    const first = this.peek();
    if (first === undefined || first.due > now) return undefined;
    first.index = -1;
    this.#shift();
    return first;
  }

  /** Fill the first place with the last entry. */
  #shift(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last, 0);
  }

  /** Move the entries together, and make a heap of them again. */
  #closeHoles(): void {
    const heap = this.#heap = this.#heap.filter((entry) => !(entry instanceof Hole));
    this.#holes = 0;
    for (let index = 0; index < heap.length; index++) heap[index]!.index = index;
    for (let index = Math.floor((heap.length - 2) / ARITY); index >= 0; index--) this.#sink(heap[index]!, index);
  }

  #rise(entry: TimerEntry, index: number): void {
    const heap = this.#heap;
    while (index > 0) {
      const above = (index - 1) / ARITY | 0;
      const parent = heap[above]!;
      if (!precedes(entry, parent)) break;
      heap[index] = parent;
      parent.index = index;
      index = above;
    }
    heap[index] = entry;
    entry.index = index;
  }

  #sink(entry: TimerEntry, index: number): void {
    const heap = this.#heap;
    for (;;) {
      const start = index * ARITY + 1;
      if (start >= heap.length) break;
      let least = start;
      const end = Math.min(start + ARITY, heap.length);
      for (let child = start + 1; child < end; child++) {
        if (precedes(heap[child]!, heap[least]!)) least = child;
      }
      const child = heap[least]!;
      if (!precedes(child, entry)) break;
      heap[index] = child;
      child.index = index;
      index = least;
    }
    heap[index] = entry;
    entry.index = index;
  }
}

function precedes(a: TimerEntry, b: TimerEntry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
