/** The calls that own what they are given: when one has settled, nothing of that may be left. */
import { currentScope } from "../../lib/core/ambient.ts";
import {
  asCompleted,
  gather,
  isCancelled,
  mapConcurrent,
  moveOnAfter,
  race,
  shield,
  type TaskGroup,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { Call, Frame, type OpenGroup } from "./frame.ts";
import type { Plan } from "./plan.ts";
import type { Program, Step } from "./program.ts";
import { createIn } from "./task_steps.ts";

type Owning = (program: Program, plan: Plan, frame: Frame, call: Call) => Promise<unknown>;

/** Make a step of a call, with the checks that all of them have to pass. */
function owning(start: Owning): Step {
  return async (program, plan, frame) => {
    const { witness } = program;
    const call = new Call();
    const { scope } = call;
    // Others may start tasks in a group that is open, and strands in the scope of their function.
    const alone = scope.firstChild === null && program.strands === 0 && (frame.group?.group as unknown) !== scope;
    const { strandsStarted } = program;
    try {
      const value = await start(program, plan, frame, call);
      if (call.cancelled && (plan.kind === "gather" || plan.kind === "group")) {
        witness.violate(`${plan.kind} returned though its caller was cancelled`);
      }
      return value;
    } finally {
      if (call.running > 0) {
        witness.violate(`${plan.kind} has settled while ${call.running} of its functions were running`);
      }
      if (alone && program.strandsStarted === strandsStarted && scope.firstChild !== null) {
        witness.violate(`${plan.kind} has left a scope behind`);
      }
    }
  };
}

function ownAll(program: Program, plan: Plan, frame: Frame, call: Call): () => unknown {
  return program.own({ ...plan, kind: "sequence" }, frame, call);
}

/** Functions, and promises among them. */
function inputs(program: Program, { choice, parts }: Plan, frame: Frame, call: Call): (() => unknown)[] {
  return parts.map((part, n) =>
    choice >> n & 1 ? program.strand(part, frame) as unknown as () => unknown : program.own(part, frame, call)
  );
}

async function runTimeout(program: Program, plan: Plan, frame: Frame, call: Call): Promise<unknown> {
  const scope = currentScope();
  const body = ownAll(program, plan, frame, call);
  let hidden = false;
  try {
    return await timeout(plan.ms, async () => {
      try {
        return await body();
      } catch (error) {
        hidden = scope.error !== null && isCancelled(error);
        throw error;
      }
    }, { signal: program.signal(plan) });
  } catch (error) {
    if (hidden && !isCancelled(error)) program.witness.violate("a timeout hid the cancellation of its caller");
    throw error;
  }
}

async function runMoveOn(program: Program, plan: Plan, frame: Frame, call: Call): Promise<unknown> {
  const { ms, choice } = plan;
  return await moveOnAfter(ms, (scope) => {
    if (choice & 1 && !scope.expired) scope.reschedule(choice & 2 ? null : ms * 2);
    return ownAll(program, plan, frame, call)();
  }, { signal: program.signal(plan) });
}

async function runGather(program: Program, plan: Plan, frame: Frame, call: Call): Promise<unknown> {
  const { choice } = plan;
  const options = { concurrency: choice & 64 ? 1 + choice % 3 : Infinity, signal: program.signal(plan) };
  const children = inputs(program, plan, frame, call);
  if (!(choice & 128)) return await gather(children, options);
  const results = await gather(children, { ...options, returnExceptions: true });
  for (const result of results) if (result instanceof Error) program.witness.see(result);
  return results;
}

async function runGroup(program: Program, plan: Plan, frame: Frame, call: Call): Promise<unknown> {
  const inner = new Frame(frame, null);
  return await taskGroup(
    (group) => call.run(() => runBody(program, plan, { group, frame: inner, call })),
    { signal: program.signal(plan) },
  );
}

async function runBody(program: Program, { choice, parts, ms }: Plan, open: OpenGroup): Promise<void> {
  const body = new Frame(open.frame, open);
  for (const [n, part] of parts.entries()) {
    if (n === 0 && choice & 4) await start(program, part, body, open.group, choice);
    else if (n < parts.length - 1) createIn(program, open, part);
    else await program.run(part, body);
  }
  if (choice & 1) {
    await program.sleep(ms, body);
    if (open.group.cancel()) open.frame.cancelled = true;
  }
}

async function start(program: Program, plan: Plan, frame: Frame, group: TaskGroup, choice: number): Promise<void> {
  await group.start(async (ready) => {
    if (choice & 8) ready("early");
    await program.run(plan, frame);
    ready("late");
  });
}

async function runMap(program: Program, plan: Plan, frame: Frame, call: Call): Promise<unknown> {
  const { choice, parts: [first, ...items] } = plan;
  // A pull that is under way when the loop ends is a promise like any other: it is let go.
  async function* pull() {
    for (const item of items) {
      yield item;
      if (choice & 4 && first !== undefined) await program.strand({ ...first, kind: "sleep" }, frame);
    }
    if (choice & 8 && first !== undefined) await program.strand(first, frame);
  }
  const options = { concurrency: 1 + choice % 3, ordered: (choice & 16) > 0, signal: program.signal(plan) };
  const results = mapConcurrent(choice & 1 ? pull() : items, (item) => program.own(item, frame, call)(), options);
  let count = 0;
  for await (const _ of results) {
    if (choice & 2 && ++count === 2) break;
    if (choice & 32) await program.sleep(1, frame);
  }
  return choice;
}

async function runCompleted(program: Program, plan: Plan, frame: Frame, call: Call): Promise<unknown> {
  let count = 0;
  for await (const task of asCompleted(plan.parts.map((part) => program.own(part, frame, call)))) {
    if (plan.choice & 2) await task;
    else await Promise.resolve(task).catch((error) => program.witness.see(error));
    if (plan.choice & 1 && ++count === 2) break;
  }
  return plan.choice;
}

export const OWNING_STEPS = {
  shield: owning((program, plan, frame, call) =>
    shield(ownAll(program, plan, new Frame(frame, frame.group, true), call))
  ),
  lock: owning((program, plan, frame, call) => program.shared.lock(plan.ms, ownAll(program, plan, frame, call))),
  semaphore: owning((program, plan, frame, call) =>
    program.shared.semaphore(plan.ms, 1 + plan.choice % 2, ownAll(program, plan, frame, call))
  ),
  timeout: owning(runTimeout),
  moveOn: owning(runMoveOn),
  gather: owning(runGather),
  race: owning((program, plan, frame, call) => race(...inputs(program, plan, frame, call))),
  group: owning(runGroup),
  map: owning(runMap),
  completed: owning(runCompleted),
} satisfies Record<string, Step>;
