import { isCancelled } from "../../mod.ts";
import type { Frame } from "./frame.ts";
import { OWNING_STEPS } from "./owning_steps.ts";
import type { Kind, Plan } from "./plan.ts";
import type { Program, Step } from "./program.ts";
import { TASK_STEPS } from "./task_steps.ts";

async function microtasks(_program: Program, { choice }: Plan): Promise<void> {
  for (let n = 0; n < choice % 8; n++) await null;
}

/** Catch, clean up, and throw on, or not. */
async function runTry(program: Program, { choice, parts: [body, ...cleanup] }: Plan, frame: Frame): Promise<unknown> {
  if (body === undefined) return choice;
  try {
    return await program.run(body, frame);
  } catch (error) {
    // What cleanup throws takes the place of this one: that is the language, not the toolkit.
    program.witness.see(error);
    await program.run({ kind: choice & 1 ? "shield" : "sequence", ms: 0, choice, parts: cleanup }, frame);
    if (choice & 2 || (isCancelled(error) && choice & 4)) throw error;
    return choice;
  }
}

/** All that a random program does. */
export const STEPS: Record<Kind, Step> = {
  ...OWNING_STEPS,
  ...TASK_STEPS,
  sleep: (program, { ms }, frame) => program.sleep(ms, frame),
  turn: (program, _plan, frame) => program.sleep(0, frame),
  microtasks,
  throw: (program) => Promise.reject(program.witness.makeError()),
  put: ({ shared }, { ms }) => shared.put(ms),
  get: ({ shared }, { ms }) => shared.get(ms),
  listen: ({ shared }, { ms }) => shared.listen(ms),
  notify: ({ shared }, { ms, choice }) => shared.notify(ms, choice % 3),
  sequence: (program, { parts }, frame) => program.runAll(parts, frame),
  try: runTry,
};
