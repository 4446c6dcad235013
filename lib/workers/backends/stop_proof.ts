import { realTime } from "../../core/platform.ts";

/** Locks have to be unique in the process, since all its threads share them. */
let last = 0;

/** What Deno has, and its types do not tell of. */
type WithLocks = Navigator & {
  locks: { request(name: string, options: { signal: AbortSignal }, callback: () => void): Promise<unknown> };
};

/** A name for the Web Lock of a worker. */
export function newLockName(): string {
  return `@asyncio/toolkit/worker-${++last}-${crypto.randomUUID()}`;
}

/**
 * Wait until the worker that holds `lock` is dead: only then is it granted to somebody else. This is the one proof that
 * there is: `terminate()` also resolves when the thread goes on at full speed.
 *
 * @param ms How long to wait at most.
 * @returns Whether it is dead.
 */
export async function isDead(lock: string, ms: number): Promise<boolean> {
  const patience = new AbortController();
  const timer = realTime.setTimeout(() => patience.abort(), ms);
  try {
    await (navigator as WithLocks).locks.request(lock, { signal: patience.signal }, () => {});
    return true;
  } catch {
    return false;
  } finally {
    realTime.clearTimeout(timer);
  }
}
