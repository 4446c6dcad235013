import { Heap } from "../../sync/items.ts";
import type { Interval } from "../record/mod.ts";

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
  readonly #taken = new Heap<Lane<T>>();
  readonly #free = new Heap<Lane<T>>();
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
    while (this.#taken.size > 0 && this.#taken.least <= slice.start) {
      const lane = this.#taken.pop();
      lane.clear();
      this.#free.push(lane, lane.number);
    }
    const lane = this.#free.size > 0 ? this.#free.pop() : new Lane<T>(this.#count++);
    this.#taken.push(lane, slice.end);
    return lane;
  }
}
