/** What the tasks of a random program share, and what must hold of it. Nothing waits for ever: two may want both. */
import { BoundedSemaphore, Condition, Lock, moveOnAfter, type Owned, Queue } from "../../mod.ts";
import type { Witness } from "./witness.ts";

const PERMITS = 2;

export class Shared {
  readonly #witness: Witness;
  readonly #lock = new Lock();
  readonly #semaphore = new BoundedSemaphore(PERMITS);
  readonly #condition = new Condition();
  readonly #queue = new Queue<number>(1);
  #insideLock = 0;
  #insideSemaphore = 0;
  #lastItem = 0;
  /** Items that were put, and not yet got. */
  readonly #inQueue = new Set<number>();

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  async lock(ms: number, body: Owned<unknown>): Promise<unknown> {
    return await moveOnAfter(ms, () =>
      this.#lock.run(async (scope) => {
        if (++this.#insideLock > 1) this.#witness.violate("a lock was held twice");
        try {
          return await body(scope);
        } finally {
          this.#insideLock--;
        }
      }));
  }

  async semaphore(ms: number, weight: number, body: Owned<unknown>): Promise<unknown> {
    return await moveOnAfter(ms, async (scope) => {
      using _ = await this.#semaphore.acquire({ weight });
      this.#insideSemaphore += weight;
      if (this.#insideSemaphore > PERMITS) this.#witness.violate("a semaphore let too many in");
      try {
        return await body(scope);
      } finally {
        this.#insideSemaphore -= weight;
      }
    });
  }

  async put(ms: number): Promise<unknown> {
    const item = ++this.#lastItem;
    return await moveOnAfter(ms, async () => {
      this.#inQueue.add(item);
      try {
        await this.#queue.put(item);
      } catch (error) {
        if (!this.#inQueue.delete(item)) this.#witness.violate("an item was got that was not put");
        throw error;
      }
    });
  }

  async get(ms: number): Promise<unknown> {
    return await moveOnAfter(ms, async () => {
      const item = await this.#queue.get();
      if (!this.#inQueue.delete(item)) this.#witness.violate("an item was got twice");
    });
  }

  async listen(ms: number): Promise<unknown> {
    return await moveOnAfter(ms, () =>
      this.#condition.run(async () => {
        await this.#condition.wait().finally(() => {
          if (!this.#condition.locked) this.#witness.violate("a condition did not lock again");
        });
      }));
  }

  async notify(ms: number, count: number): Promise<unknown> {
    return await moveOnAfter(ms, () => this.#condition.run(() => this.#condition.notify(count)));
  }

  /** Check what must hold when all is over. */
  finish(): void {
    if (this.#lock.locked || this.#condition.locked) this.#witness.violate("a lock is still held");
    if (this.#semaphore.value !== PERMITS) {
      this.#witness.violate(`a semaphore has ${this.#semaphore.value} of ${PERMITS} permits`);
    }
    for (let item = this.#queue.tryGet(); item !== undefined; item = this.#queue.tryGet()) {
      if (!this.#inQueue.delete(item)) this.#witness.violate("an item is in the queue that should not");
    }
    if (this.#inQueue.size > 0) this.#witness.violate(`a queue has lost ${this.#inQueue.size} items`);
    for (const what of [this.#lock, this.#semaphore, this.#condition, this.#queue]) {
      const waiting = Object.entries(what.stats()).filter(([key, value]) =>
        /waiting|getting|putting/i.test(key) && value !== 0
      );
      if (waiting.length > 0) this.#witness.violate(`a queue of waiters has been left: ${waiting.join()}`);
    }
  }
}
