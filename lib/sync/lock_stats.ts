/** What `lock.stats()` tells. */
export interface LockStats {
  /** Name of the task that holds the lock; `undefined` when it is free, or held by code outside of all tasks. */
  holder: string | undefined;
  /** Calls that wait. */
  waiting: number;
  /** The most that ever waited at a time. */
  peak: number;
}
