/**
 * Make something when it is first asked for. To touch `Response` has the platform load all of its `fetch`, which costs more than
 * the whole toolkit does, and must not be paid by programs that import this and fetch nothing.
 */
export function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}
