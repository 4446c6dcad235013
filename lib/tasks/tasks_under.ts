import type { Scope } from "../core/scope.ts";
import { TaskScope } from "./task_scope.ts";

/** The tasks below `scope` that have not ended, in order of creation. */
export function tasksUnder(scope: Scope): TaskScope[] {
  return collect(scope, true);
}

/** Those of them that are nearest: the tasks of the groups and timeouts in `scope` are its own, theirs are not. */
export function nearestTasksUnder(scope: Scope): TaskScope[] {
  return collect(scope, false);
}

/** A list instead of recursion: the tree of a program in trouble may be deep. */
function collect(scope: Scope, all: boolean): TaskScope[] {
  const tasks: TaskScope[] = [];
  const stack = [scope];
  for (let each = stack.pop(); each !== undefined; each = stack.pop()) {
    const isTask = each !== scope && each instanceof TaskScope;
    if (isTask) tasks.push(each as TaskScope);
    if (isTask && !all) continue;
    for (let child = each.firstChild; child !== null; child = child.nextSibling) stack.push(child);
  }
  return tasks.sort((a, b) => a.id - b.id);
}
