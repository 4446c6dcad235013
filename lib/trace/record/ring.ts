/** The newest of what was pushed, oldest first; what does not fit any more is counted and forgotten. */
export class Ring<T> implements Iterable<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  /** Where the oldest is, once the ring is full. */
  #head = 0;
  /** How many were forgotten. */
  dropped = 0;

  /** @param capacity How many it holds, 1 or more. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(item: T): void {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#head] = item;
    this.#head = (this.#head + 1) % this.#capacity;
    this.dropped++;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#items.length; i++) yield this.#items[(this.#head + i) % this.#items.length]!;
  }
}
