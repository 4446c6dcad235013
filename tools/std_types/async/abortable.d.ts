/** Stop waiting for a promise when a signal is aborted. */
export function abortable<T>(p: Promise<T>, signal: AbortSignal): Promise<T>;
/** Stop iterating when a signal is aborted. */
export function abortable<T>(p: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T>;
