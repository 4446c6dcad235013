/** What `queue.stats()` tells. */
export interface QueueStats {
  /** Items in the queue. */
  size: number;
  /** The most that were ever in it. */
  peak: number;
  /** Calls of `get` that wait. */
  getting: number;
  /** Calls of `put` that wait. */
  putting: number;
  /** Items that were put and not yet marked with `taskDone`. */
  unfinished: number;
}
