/**
 * What ends with a scope although nobody waits for it: an open stream, a subscription. What passes to the caller when it is
 * returned is in `held.ts`. Apart from the scopes, since nearly none has any; and apart from their waits, since code that keeps
 * a stream open may well be computing.
 */

/** Something that code has opened, and that its scope ends. */
export interface Kept {
  /** Whether code that is cancelled may still need it, to say goodbye: then it is released when its scope has ended, no sooner. */
  readonly untilEnd?: boolean;
  /** The scope is cancelled, or has ended, and `error` says so. Called once, with the error that every wait gets. */
  release(error: unknown): void;
}

const kept = new Map<object, Set<Kept>>();

/** Have `each` released when `scope` is cancelled, or has ended. */
export function keep(scope: object, each: Kept): void {
  const all = kept.get(scope);
  if (all === undefined) kept.set(scope, new Set([each]));
  else all.add(each);
}

/** Have `scope` forget `each`, which has ended by itself, or belongs to another scope now. */
export function stopKeeping(scope: object, each: Kept): void {
  const all = kept.get(scope);
  if (all?.delete(each) && all.size === 0) kept.delete(scope);
}

/** Whether `scope` keeps anything. */
export function keepsAny(scope: object): boolean {
  // Each scope comes here at its end, and nearly always this is all.
  return kept.size > 0 && kept.has(scope);
}

/** What `scope` keeps. */
export function keptBy(scope: object): ReadonlySet<Kept> {
  return kept.get(scope) ?? NOTHING;
}

const NOTHING: ReadonlySet<Kept> = new Set();

/** Something that keeps, as far as has to be known of it here. */
interface Keeper {
  readonly root: { supersede(winner: unknown, loser: unknown): void };
}

/**
 * Release what `scope` keeps; what may be needed until the end only when it has ended. One that cannot be let go of, as a target
 * that fails to forget a listener, is reported, and holds up neither the others nor the end of the scope.
 */
export function releaseKept(scope: Keeper, error: unknown, hasEnded: boolean): void {
  const all = kept.get(scope);
  kept.delete(scope);
  for (const each of all ?? []) {
    if (!hasEnded && each.untilEnd) {
      keep(scope, each);
      continue;
    }
    try {
      each.release(error);
    } catch (failure) {
      scope.root.supersede(undefined, failure);
    }
  }
}
