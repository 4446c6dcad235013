/** Tasks that are started, awaited, observed and cancelled, by whoever gets hold of one. */
import { cancellable, createTask, gather, InvalidStateError, moveOnAfter, sleep, type Task, wait } from "../../mod.ts";
import { Call, Frame, type OpenGroup } from "./frame.ts";
import type { Plan } from "./plan.ts";
import type { Program, Step } from "./program.ts";
import { ProgramError } from "./witness.ts";

/** Start a task in a group. */
export function createIn(program: Program, open: OpenGroup, plan: Plan): Task<unknown> {
  const frame = new Frame(open.frame, open);
  const task = open.group.createTask(program.own(plan, frame, open.call), { eager: (plan.choice & 16) > 0 });
  program.tasks.push({ task, frame });
  return task;
}

/** Start a task in the group around, from wherever this is. */
async function spawn(program: Program, { choice, parts: [first, ...rest] }: Plan, frame: Frame): Promise<unknown> {
  if (frame.group !== null && first !== undefined) {
    try {
      createIn(program, frame.group, first);
    } catch (error) {
      // A promise that nobody owns may come too late.
      if (!(error instanceof InvalidStateError)) throw error;
    }
  }
  await program.runAll(rest, frame);
  return choice;
}

/** A task of its own, which may be awaited at once, later, or never. */
async function task(program: Program, plan: Plan, frame: Frame): Promise<unknown> {
  const { choice, parts: [first, ...rest], ms } = plan;
  if (first === undefined) return choice;
  const detached = choice % 8 === 7;
  const own = new Frame(detached ? null : frame);
  const options = { detached, eager: (choice & 8) > 0, signal: program.signal(plan) };
  const task = createTask(program.own(first, own, new Call()), options);
  program.tasks.push({ task, frame: own });
  if (choice & 16) return await task;
  // From here on it is not certain that anybody will await it.
  task.catch((error) => program.witness.see(error));
  await program.runAll(rest, frame);
  if (choice & 32) await program.sleep(ms, frame);
  return choice & 64 ? await task : choice;
}

async function waitFor(program: Program, { choice, parts, ms }: Plan, frame: Frame): Promise<unknown> {
  if (parts.length === 0) return choice;
  const tasks = parts.map((part) => {
    const own = new Frame(frame);
    const task = createTask(program.own(part, own, new Call()));
    program.tasks.push({ task, frame: own });
    task.catch((error) => program.witness.see(error));
    return task;
  });
  const until = (["all", "first", "firstError"] as const)[choice % 3]!;
  await wait(tasks, { until, timeout: choice & 4 ? ms : Infinity });
  return choice;
}

/** Wait for a task of somebody else's, but not for ever: the other may be waiting for this one. */
async function observe({ tasks }: Program, { choice, ms }: Plan): Promise<unknown> {
  if (tasks.length === 0) return choice;
  const { task } = tasks[choice % tasks.length]!;
  return await moveOnAfter(ms, () => choice & 64 ? cancellable(task) : gather([task, () => sleep(ms)]));
}

function cancel({ tasks }: Program, { choice }: Plan): void {
  if (tasks.length === 0) return;
  const { task, frame } = tasks[choice % tasks.length]!;
  if (task.cancel()) frame.cancelled = true;
}

function abort({ controllers }: Program, { choice }: Plan): void {
  if (controllers.length > 0) controllers[choice % controllers.length]!.abort(new ProgramError("aborted"));
}

export const TASK_STEPS = { spawn, task, wait: waitFor, observe, cancel, abort } satisfies Record<string, Step>;
