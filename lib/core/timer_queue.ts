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

/** Entries by due time, then by order of queueing: a heap in which every entry knows its place. */
export class TimerQueue {
  readonly #heap: TimerEntry[] = [];
  #order = 0;

  /** How many entries are queued. */
  get size(): number {
    return this.#heap.length;
  }

  /** The next entry, or `undefined`. */
  peek(): TimerEntry | undefined {
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
    const { index } = entry;
    if (index < 0) return;
    entry.index = -1;
    const last = this.#heap.pop()!;
    if (last === entry) return;
    // The last entry takes the free place, and may belong above it as well as below.
    this.#rise(last, index);
    this.#sink(last, last.index);
  }

  /** Take out the next entry if it is due at `now`. */
  popDue(now: number): TimerEntry | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.due > now) return undefined;
    this.remove(first);
    return first;
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
