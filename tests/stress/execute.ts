import { runInScope } from "../../lib/core/ambient.ts";
import { RootScope } from "../../lib/core/scope.ts";
import { turnsPending } from "../../lib/core/turn.ts";
import { createTask } from "../../mod.ts";
import { Random, WakeOrder } from "../../lib/testing/random.ts";
import { VirtualClock } from "../../lib/testing/virtual_clock.ts";
import type { Plan } from "./plan.ts";
import { Program } from "./program.ts";
import { STEPS } from "./steps.ts";

let onUnhandled: ((reason: unknown) => void) | null = null;

// There before the first cancellation, and so told of those that nobody has awaited, too.
globalThis.addEventListener("unhandledrejection", (event) => {
  if (onUnhandled === null) return;
  event.preventDefault();
  onUnhandled(event.reason);
});

/** Run `plan` in virtual time; with a `seed`, in a permuted order of waking. Returns what went wrong. */
export async function execute(plan: Plan, seed?: number): Promise<string[]> {
  const program = new Program(STEPS);
  const { witness } = program;
  const { violations } = witness;
  const over = Promise.withResolvers<void>();
  const wakeOrder = seed === undefined ? undefined : new WakeOrder(new Random(seed));
  const clock = new VirtualClock({ wakeOrder, patient: false, onStuck: over.resolve });
  const root = new RootScope(null, clock);
  root.onSuperseded = (error) => witness.see(error);

  onUnhandled = (reason) => violations.push(`unhandled rejection: ${reason}`);
  const main = runInScope(root, () => createTask(() => program.main(plan)));
  main.catch((error) => violations.push(`main failed: ${error}`));
  main.finally(() => {
    // Later is too late: a clock that jumps comes to the end of every timer that was forgotten.
    if (program.strands === 0 && root.firstChild === null && clock.pending > 0) {
      violations.push(`${clock.pending} timers are left`);
    }
  });
  // The clock is stuck when nothing is left, as well as when nothing can go on.
  await over.promise;
  await new Promise((resolve) => setImmediate(resolve));
  onUnhandled = null;

  if (main.state !== "done") violations.push(`main hangs: ${main.state}`);
  else if (program.strands > 0) violations.push(`${program.strands} promises never settle`);
  else if (root.firstChild !== null) violations.push(`${root.firstChild.name} is left`);
  if (root.firstWaiting !== null) violations.push(`a wait is left: ${root.firstWaiting.describe()}`);
  if (turnsPending()) violations.push("a turn is left");
  program.shared.finish();
  witness.finish();
  root.close();
  return violations;
}
