import { assert, assertEquals } from "@std/assert";
import { type Clock, turnDue } from "../../lib/core/clock.ts";
import { realTime } from "../../lib/core/platform.ts";
import { TurnBudget } from "../../lib/core/turn_budget.ts";
import { turn } from "./manual_clock.ts";

/** Count how many waits are over at once, at `cost` milliseconds each, until one has to take a turn; at most `most`. */
function countHandOvers(budget: TurnBudget, cost: number, most = 1e5): number {
  const { now } = realTime;
  let time = 1_000;
  realTime.now = () => time;
  try {
    const clock: Pick<Clock, "credit" | "renewCredit"> = {
      credit: 0,
      renewCredit: () => (clock.credit = budget.credit()) === 0,
    };
    let count = 0;
    for (; count < most && !turnDue(clock as Clock); count++) time += cost;
    return count;
  } finally {
    realTime.now = now;
  }
}

Deno.test("TurnBudget has waits take a turn within 10 ms, whatever one costs", async () => {
  for (const cost of [0.0001, 0.001, 0.01, 0.1, 0.5]) {
    const budget = new TurnBudget();
    const took = countHandOvers(budget, cost) * cost;
    assert(took >= 4 && took <= 10, `${took} ms of waits that cost ${cost} ms each`);
    await turn();
  }
});

Deno.test("TurnBudget looks at the clock for few of many waits", async () => {
  const budget = new TurnBudget();
  let looks = 0;
  const credit = budget.credit.bind(budget);
  budget.credit = () => (looks++, credit());
  const count = countHandOvers(budget, 0.0001);
  assert(looks < count / 50, `${looks} looks for ${count} waits`);
  await turn();
});

Deno.test("TurnBudget has every wait take a turn until the loop has turned, and none right after that", async () => {
  const budget = new TurnBudget();
  countHandOvers(budget, 0.01);
  assertEquals([budget.credit(), budget.credit()], [0, 0]);
  await turn();
  assert(budget.credit() > 0);
  await turn();
});

Deno.test("TurnBudget lets waits be that the loop turns between by itself", async () => {
  const budget = new TurnBudget();
  for (let i = 0; i < 20; i++) {
    assertEquals(countHandOvers(budget, 0.1, 20), 20);
    await turn();
  }
});
