import { realTime } from "../core/platform.ts";
import type { Scope } from "../core/scope.ts";
import { type Deadlock, describeDeadlock, findDeadlock } from "./deadlock.ts";

/** How often is looked; a deadlock is there for ever, so that it is found early is worth nothing. */
const PERIOD = 500;

/**
 * Report each deadlock under `root` on stderr, once, when it is found unchanged: what is stuck for a moment may have been
 * about to be woken by code that cannot be seen. Returns the function that ends it.
 */
export function watchForDeadlock(root: Scope): () => void {
  let suspected: Set<object> | null = null;
  let reported: Set<object> | null = null;
  const timer = realTime.setInterval(() => {
    const deadlock = findDeadlock(root);
    const waits = deadlock === undefined ? null : waitsIn(deadlock);
    if (deadlock !== undefined && same(waits, suspected) && !same(waits, reported)) {
      reported = waits;
      console.error(describeDeadlock(deadlock));
    }
    suspected = waits;
  }, PERIOD);
  Deno.unrefTimer(timer);
  return () => realTime.clearInterval(timer);
}

function waitsIn({ stuck }: Deadlock): Set<object> {
  return new Set([...stuck.values()].flatMap((waits) => waits.map(({ identity }) => identity)));
}

function same(a: Set<object> | null, b: Set<object> | null): boolean {
  return a !== null && b !== null && a.size === b.size && a.isSubsetOf(b);
}
