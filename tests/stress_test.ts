// Takes some seconds, for thousands of programs.
// Throws random cancellations, failures and delays at random programs, and checks what must hold for all of them. A seed
// that fails is printed, with the smallest program found that fails; STRESS_SEED=n runs that one again.
import { fail } from "@std/assert";
import { Random } from "../lib/testing/random.ts";
import { execute } from "./stress/execute.ts";
import { formatPlan, makePlan, type Plan, simpler } from "./stress/plan.ts";

const SEEDS = Number(Deno.env.get("STRESS_SEEDS") ?? 5_000);
const SEED = Deno.env.get("STRESS_SEED");

async function check(seed: number): Promise<void> {
  const random = new Random(seed);
  const plan = makePlan(random, 4 + random.below(24));
  const wakeSeed = seed % 2 === 0 ? undefined : seed;
  const violations = await execute(plan, wakeSeed);
  if (violations.length === 0) return;
  const smallest = await shrink(plan, wakeSeed);
  const found = await execute(smallest, wakeSeed);
  fail(`STRESS_SEED=${seed}: ${found.join("; ")}\n${formatPlan(smallest)}`);
}

/** Make a program that fails as simple as it can be. */
async function shrink(plan: Plan, wakeSeed: number | undefined): Promise<Plan> {
  for (const candidate of simpler(plan)) {
    if ((await execute(candidate, wakeSeed)).length > 0) return await shrink(candidate, wakeSeed);
  }
  return plan;
}

Deno.test("nothing outlives its owner, no error is lost, nothing hangs: random programs", async () => {
  if (SEED !== undefined) return await check(Number(SEED));
  for (let seed = 0; seed < SEEDS; seed++) await check(seed);
});
