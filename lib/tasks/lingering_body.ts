import type { Scope } from "../core/scope.ts";
import { taskAround } from "./owner.ts";

/**
 * How the report of what lingers names the function that runs in `scope`, which is no task: a timeout, a group. `null` when
 * it has not been cancelled, or when it is named already: by what it has started, or by the task around it.
 */
export function lingeringBody(scope: Scope): string | null {
  if (scope.error === null || scope.closed || scope.firstChild !== null) return null;
  const task = taskAround(scope);
  if (task === null) return `The function of ${scope.name}`;
  return task.lingering === null ? `The function of ${scope.name} in task "${task.name}"` : null;
}
