/** Options of `queue.shutdown`. */
export interface ShutdownOptions {
  /**
   * Drop what is in the queue, instead of letting it be drained.
   *
   * @default false
   */
  immediate?: boolean | undefined;
}
