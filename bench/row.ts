/**
 * What a measurement is made of: a row has contenders, each of which does the same work its own way.
 *
 * @module
 */

/** What came of one round that took its own measure: how long only a part of it took, or how much memory. */
export interface Outcome {
  /** In milliseconds or in bytes, for all items together. */
  cost: number;
  /** Shows that the work was done: has to be what the row expects. */
  check: number;
}

/** Does the work once for `n` items. A bare number is the check: then the time is the cost. */
export type Round = (n: number) => Promise<number | Outcome>;

/** Loads what it needs and gives the round. Called in a process of its own, so that nobody pays for another's modules. */
export type Load = () => Round | Promise<Round>;

/** A program in another language that speaks the protocol of `contender.ts`; it is told the row's name last. */
export interface Program {
  command: readonly [string, ...string[]];
}

/** One way to do the work of a row. */
export type Contender = Load | Program;

/** One line of the report. */
export interface Row {
  /** What is measured. Unique. */
  name: string;
  /** What the floor is, in a few words: the least that this can cost. */
  against: string;
  /** How many items, smallest first. */
  sizes: number[];
  /** What every contender has to return for `n` items. */
  expected(n: number): number;
  floor: Contender;
  ours: Contender;
  /** What a user would otherwise pick, by name. */
  peers?: Record<string, Contender>;
  /** What ours may cost at most, in floors: by size, or for all. A size that is not named has none. */
  goal: number | Record<number, number>;
  /**
   * What is counted.
   * @default "time"
   */
  unit?: "time" | "bytes";
  /** Set where the cost belongs to the whole, not to an item. */
  whole?: true;
  /** Set where one core is to show what the software costs, and not how long a sleeping core takes to wake. */
  pinned?: true;
  /** Set where each round needs a process in which nothing has happened yet. */
  fresh?: true;
  /** At most so many rounds. */
  rounds?: number;
  /** Why the goal is missed, where it is: with what a profile has shown. Printed only then. */
  reason?: string;
}
