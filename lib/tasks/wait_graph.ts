import type { Blockers, Scope } from "../core/scope.ts";
import { awaitedBy, waitSiteOf } from "./debug.ts";
import { deadlineOf } from "./deadline_scope.ts";
import { describeOwner } from "./owner.ts";
import { TaskScope } from "./task_scope.ts";

/** One thing that a task waits for. */
export interface Wait {
  /** In a few words. */
  readonly what: string;
  /** Where its code is; known only in debug mode. */
  readonly site: string | undefined;
  /** Who alone could end it. */
  readonly blockers: Blockers;
  /** The waiting call, or whatever else stays the same for as long as it is the same wait. */
  readonly identity: object;
}

/**
 * What the code of a task waits for: in the task itself, or in the timeouts and groups that it has opened. A plain `await`
 * cannot be seen, with one exception: that of a task, in debug mode.
 */
export function* waitsOf(task: TaskScope): Generator<Wait> {
  const scopes: Scope[] = [task];
  for (let scope = scopes.pop(); scope !== undefined; scope = scopes.pop()) {
    // Whatever is stuck, a timeout around it will end it.
    const timed = deadlineOf(scope) !== Infinity;
    for (let waiting = scope.firstWaiting; waiting !== null; waiting = waiting.after) {
      const holders = [...waiting.heldBy?.() ?? []];
      const held = holders.length === 0 ? "" : `, held by ${holders.map(describeOwner).join(" and ")}`;
      const blockers = timed ? null : holders.length > 0 ? holders : waiting.blockers?.() ?? null;
      yield { what: waiting.describe() + held, site: waitSiteOf(waiting), blockers, identity: waiting };
    }
    if (scope.joining) {
      const blockers = timed ? null : scope.children();
      yield { what: "its tasks to end", site: undefined, blockers, identity: scope };
    }
    for (const child of scope.children()) if (!(child instanceof TaskScope)) scopes.push(child);
  }
  const blockable = deadlineOf(task) === Infinity;
  for (const awaited of awaitedBy(task)) {
    if (!(awaited instanceof TaskScope) || awaited.done) continue;
    const blockers = blockable ? [awaited] : null;
    yield { what: `task "${awaited.name}"`, site: undefined, blockers, identity: awaited };
  }
}
