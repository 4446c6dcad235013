/**
 * Promises, and what only looks like one. To subscribe to a promise starts nothing. But a query builder is a thenable, too,
 * and sends its query whenever `then` is called: so each input is subscribed to once, and by no call that is refused.
 */

/** The `then` methods of classes of promises of our own: as that of the platform, they subscribe, and do nothing else. */
const quiet = new Set<unknown>();

/** Declare that `then` subscribes, and does nothing else. */
export function subscribesOnly(then: unknown): void {
  quiet.add(then);
}

/** Whether `value` is a promise to which nothing happens when it is subscribed to. Never throws. */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  try {
    if (!(value instanceof Promise)) return false;
    const { then } = value;
    return then === Promise.prototype.then || quiet.has(then);
  } catch {
    // Of a proxy, anything may be expected.
    return false;
  }
}

/** What became of thenables that have not settled: to wait for one again, as loops do, must not begin it anew. */
const pending = new WeakMap<PromiseLike<unknown>, Promise<unknown>>();

/**
 * A promise for `input`: itself, if it is a plain one. Anything else is subscribed to, in the next microtask, and not again
 * before it has settled. Whatever it does is an outcome: nothing is thrown.
 */
export function promiseOf<T>(input: PromiseLike<T>): Promise<T> {
  if (isPlainPromise(input)) return input as Promise<T>;
  const known = pending.get(input);
  if (known !== undefined) return known as Promise<T>;
  const promise = new Promise<T>((resolve) => resolve(input));
  pending.set(input, promise);
  const forget = () => pending.delete(input);
  promise.then(forget, forget);
  return promise;
}

/** Be told how a plain promise settles. A proxy of one rejects, as it does when it is awaited. */
export function subscribe(
  promise: Promise<unknown>,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
): void {
  try {
    promise.then(onValue, onError);
  } catch (error) {
    queueMicrotask(() => onError(error));
  }
}
