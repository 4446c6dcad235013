import { type TimerEntry, TimerQueue } from "../../core/timer_queue.ts";
import type { Interval } from "../record/mod.ts";

/** Entry of a queue that is asked for its least, and never fires. */
class Entry<V> implements TimerEntry {
  order = 0;
  index = -1;

  constructor(readonly due: number, readonly value: V) {}

  fire(): void {}
}

/** One lane: slices in it lie inside each other, or one after the other. */
class Lane<T extends Interval> {
  readonly #open: T[] = [];

  constructor(readonly number: number) {}

  /** Whether `slice`, which begins no sooner than all before it, fits right inside `parent`. */
  fits(slice: T, parent: T): boolean {
    while (this.#open.length > 0 && this.#open.at(-1)!.end <= slice.start) this.#open.pop();
    return this.#open.at(-1) === parent && slice.end <= parent.end;
  }

  push(slice: T): void {
    this.#open.push(slice);
  }

  clear(): void {
    this.#open.length = 0;
  }
}

/**
 * Give each slice a lane, such that those of one lane never overlap unless one is inside the other: all that Chrome's format
 * can draw. A slice goes into the lane of what it belongs to if there is room, or else into the first that is free.
 */
export class Lanes<T extends Interval> {
  readonly #of = new Map<T, Lane<T>>();
  /** Lanes in use by the time at which they will be free, and free ones by number. */
  readonly #taken = new TimerQueue();
  readonly #free = new TimerQueue();
  #count = 0;

  /** Find a lane for a slice; slices come in order of their beginning. Returns the number of the lane, from 0. */
  place(slice: T, parent: T | null): number {
    const around = parent === null ? undefined : this.#of.get(parent);
    const lane = around !== undefined && around.fits(slice, parent!) ? around : this.#take(slice);
    lane.push(slice);
    this.#of.set(slice, lane);
    return lane.number;
  }

  #take(slice: T): Lane<T> {
    for (let entry = this.#taken.popDue(slice.start); entry !== undefined; entry = this.#taken.popDue(slice.start)) {
      const { value } = entry as Entry<Lane<T>>;
      value.clear();
      this.#free.push(new Entry(value.number, value));
    }
    const free = this.#free.popDue(Infinity) as Entry<Lane<T>> | undefined;
    const lane = free?.value ?? new Lane<T>(this.#count++);
    this.#taken.push(new Entry(slice.end, lane));
    return lane;
  }
}
