/** Rows of `lib/sync`: semaphores and queues. */

import { Queue, Semaphore } from "../../mod.ts";
import type { Contender, Row } from "../harness.ts";
import { peer } from "../peer.ts";

/** What all the semaphores here can do. */
interface Permits {
  acquire(): Promise<unknown>;
  release(): void;
}

/** The smallest one that is first come, first served, and lets nobody barge in. */
class HandMadeSemaphore implements Permits {
  #free = 1;
  readonly #waiting: (() => void)[] = [];

  async acquire(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** The same without `async`: the least that a permit can cost. */
class LeanSemaphore implements Permits {
  #free = 1;
  readonly #waiting: (() => void)[] = [];

  acquire(): Promise<void> {
    if (this.#free === 0) return new Promise((resolve) => void this.#waiting.push(resolve));
    this.#free--;
    return Promise.resolve();
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** The same with a guard that releases once, as ours gives: the floor for that guarantee. */
class GuardingSemaphore {
  #free = 1;
  readonly #waiting: ((guard: HandMadeGuard) => void)[] = [];

  acquire(): Promise<Disposable> {
    if (this.#free === 0) return new Promise((resolve) => void this.#waiting.push(resolve));
    this.#free--;
    return Promise.resolve(new HandMadeGuard(this));
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next(new HandMadeGuard(this));
  }
}

class HandMadeGuard implements Disposable {
  #semaphore: GuardingSemaphore | null;

  constructor(semaphore: GuardingSemaphore) {
    this.#semaphore = semaphore;
  }

  [Symbol.dispose](): void {
    this.#semaphore?.release();
    this.#semaphore = null;
  }
}

/** What all the queues here can do. */
interface Items {
  put(item: number): Promise<unknown>;
  get(): Promise<number>;
}

/** The smallest one that is first in, first out, and first come, first served, at a cost that does not grow. */
class HandMadeQueue implements Items {
  #items: number[] = [];
  #start = 0;
  readonly #getting: ((item: number) => void)[] = [];
  readonly #putting: { item: number; resolve: () => void }[] = [];
  readonly #maxsize: number;

  constructor(maxsize = Infinity) {
    this.#maxsize = maxsize;
  }

  async put(item: number): Promise<void> {
    const getter = this.#getting.shift();
    if (getter !== undefined) getter(item);
    else if (this.#items.length - this.#start < this.#maxsize) this.#items.push(item);
    else await new Promise<void>((resolve) => this.#putting.push({ item, resolve }));
  }

  async get(): Promise<number> {
    if (this.#start === this.#items.length) return await new Promise((resolve) => this.#getting.push(resolve));
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

/** The same without `async`: whoever waits goes on two microtasks sooner, and so finds the queue empty more often. */
class LeanQueue implements Items {
  #items: number[] = [];
  #start = 0;
  readonly #getting: ((item: number) => void)[] = [];
  readonly #putting: { item: number; resolve: () => void }[] = [];
  readonly #maxsize: number;

  constructor(maxsize = Infinity) {
    this.#maxsize = maxsize;
  }

  put(item: number): Promise<void> {
    const getter = this.#getting.shift();
    if (getter !== undefined) getter(item);
    else if (this.#items.length - this.#start < this.#maxsize) this.#items.push(item);
    else return new Promise((resolve) => void this.#putting.push({ item, resolve }));
    return Promise.resolve();
  }

  get(): Promise<number> {
    if (this.#start === this.#items.length) return new Promise((resolve) => void this.#getting.push(resolve));
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
    return Promise.resolve(item);
  }
}

/** One task takes a permit and gives it back, n times. */
function free(make: () => Permits): Contender {
  return async (n) => {
    const permits = make();
    let done = 0;
    for (let i = 0; i < n; i++) {
      await permits.acquire();
      done++;
      permits.release();
    }
    return done;
  };
}

/** The same by a guard. */
function guarded(make: () => { acquire(): Promise<Disposable> }): Contender {
  return async (n) => {
    const permits = make();
    let done = 0;
    for (let i = 0; i < n; i++) {
      using _ = await permits.acquire();
      done++;
    }
    return done;
  };
}

/** A hundred flows want the one permit there is, and hold it while others run. */
function contended(make: () => Permits): Contender {
  return async (n) => {
    const permits = make();
    let done = 0;
    let holders = 0;
    async function work(): Promise<void> {
      for (let i = 0; i < n / 100; i++) {
        await permits.acquire();
        if (++holders > 1) throw new Error("two hold the permit");
        await null;
        done++;
        holders--;
        permits.release();
      }
    }
    await Promise.all(Array.from({ length: 100 }, work));
    return done;
  };
}

/** One puts and one gets, side by side. */
function passed(make: () => Items): Contender {
  return async (n) => {
    const queue = make();
    let sum = 0;
    async function produce(): Promise<void> {
      for (let i = 0; i < n; i++) await queue.put(i);
    }
    async function consume(): Promise<void> {
      for (let i = 0; i < n; i++) sum += await queue.get();
    }
    await Promise.all([produce(), consume()]);
    return sum;
  };
}

/** All are put before the first is taken out. */
function piledUp(make: () => Items): Contender {
  return async (n) => {
    const queue = make();
    let sum = 0;
    for (let i = 0; i < n; i++) await queue.put(i);
    for (let i = 0; i < n; i++) sum += await queue.get();
    return sum;
  };
}

const sumBelow = (n: number): number => n * (n - 1) / 2;

async function asyncMutex(): Promise<() => Permits> {
  const { Semaphore } = await peer("async-mutex@0.5");
  return () => new Semaphore(1);
}

/** The rows. */
export const syncRows: Row[] = [
  {
    name: "semaphore, free",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: free(() => new HandMadeSemaphore()),
    ours: free(() => new Semaphore(1)),
    goal: 1.2,
    peers: {
      "by hand, not async": () => free(() => new LeanSemaphore()),
      "async-mutex": async () => free(await asyncMutex()),
    },
    rounds: 1000,
  },
  {
    name: "semaphore, free, with a guard",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: guarded(() => new GuardingSemaphore()),
    ours: guarded(() => new Semaphore(1)),
    goal: 1.2,
    rounds: 500,
  },
  {
    name: "semaphore, contended",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: contended(() => new HandMadeSemaphore()),
    ours: contended(() => new Semaphore(1)),
    goal: 1.2,
    peers: {
      "by hand, not async": () => contended(() => new LeanSemaphore()),
      "async-mutex": async () => contended(await asyncMutex()),
    },
    rounds: 300,
  },
  ...[Infinity, 100, 1].map((maxsize): Row => ({
    name: maxsize === Infinity ? "queue, unbounded" : `queue of ${maxsize}`,
    sizes: [1_000, 10_000, 100_000],
    expected: sumBelow,
    floor: passed(() => new HandMadeQueue(maxsize)),
    ours: passed(() => new Queue(maxsize)),
    goal: 1.2,
    peers: { "by hand, not async": () => passed(() => new LeanQueue(maxsize)) },
    rounds: 300,
  })),
  {
    name: "queue, all put before the first get",
    sizes: [10_000, 100_000, 1_000_000],
    expected: sumBelow,
    floor: piledUp(() => new HandMadeQueue()),
    ours: piledUp(() => new Queue()),
    goal: 1.2,
    peers: { "by hand, not async": () => piledUp(() => new LeanQueue()) },
    rounds: 200,
  },
];
