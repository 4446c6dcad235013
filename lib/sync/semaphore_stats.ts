/** What `semaphore.stats()` tells. */
export interface SemaphoreStats {
  /** Permits that are free. */
  value: number;
  /** Calls that wait. */
  waiting: number;
  /** The most that ever waited at a time. */
  peak: number;
}
