/** Queues by hand: the least that an item can cost. */

/** What all the queues here can do. */
export interface Items {
  put(item: number): Promise<unknown>;
  get(): Promise<number>;
}

/** The smallest one that is first in, first out, and first come, first served, at a cost that does not grow. */
class HandMade {
  #items: number[] = [];
  #start = 0;
  readonly #getting: ((item: number) => void)[] = [];
  readonly #putting: { item: number; resolve: () => void }[] = [];
  readonly #maxsize: number;

  constructor(maxsize = Infinity) {
    this.#maxsize = maxsize;
  }

  /** Put the item in, or line up with it. */
  protected push(item: number): Promise<void> | null {
    const getter = this.#getting.shift();
    if (getter !== undefined) getter(item);
    else if (this.#items.length - this.#start < this.#maxsize) this.#items.push(item);
    else return new Promise((resolve) => void this.#putting.push({ item, resolve }));
    return null;
  }

  /** Line up for an item, where there is none. */
  protected line(): Promise<number> | null {
    if (this.#start < this.#items.length) return null;
    return new Promise((resolve) => void this.#getting.push(resolve));
  }

  /** Take the first item out, and let in who waits with one. */
  protected shift(): number {
    const item = this.#items[this.#start++]!;
    if (this.#start > 1000 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
    const putter = this.#putting.shift();
    if (putter !== undefined) {
      this.#items.push(putter.item);
      putter.resolve();
    }
    return item;
  }
}

/** As one writes it, with `async`. */
export class PlainQueue extends HandMade implements Items {
  async put(item: number): Promise<void> {
    const turn = this.push(item);
    if (turn !== null) await turn;
  }

  async get(): Promise<number> {
    const turn = this.line();
    return turn === null ? this.shift() : await turn;
  }
}

/** Without `async`: whoever waits goes on two microtasks sooner, and so finds the queue empty more often. */
export class LeanQueue extends HandMade implements Items {
  put(item: number): Promise<void> {
    return this.push(item) ?? Promise.resolve();
  }

  get(): Promise<number> {
    return this.line() ?? Promise.resolve(this.shift());
  }
}
