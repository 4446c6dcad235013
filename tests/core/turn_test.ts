import { assert, assertEquals } from "@std/assert";
import { type Clock, turnDue } from "../../lib/core/clock.ts";
import { realTime } from "../../lib/core/platform.ts";
import {
  callNextTurn,
  cancelTurn,
  inNextTurn,
  MOST_IN_A_TURN,
  nextTurn,
  queueTurn,
  type Turn,
  TurnBudget,
  turnsPending,
} from "../../lib/core/turn.ts";
import { turn } from "./manual_clock.ts";

function recording(order: string[], name: string, then: () => void = () => {}): Turn {
  return {
    run() {
      order.push(name);
      then();
    },
  };
}

Deno.test("queueTurn() runs in the next turn of the loop, in order, after all microtasks", async () => {
  const order: string[] = [];
  queueTurn(recording(order, "a"));
  queueTurn(recording(order, "b"));
  queueMicrotask(() => order.push("microtask"));
  await turn();
  assertEquals(order, ["microtask", "a", "b"]);
});

Deno.test("queueTurn() within a turn waits for the one after it", async () => {
  const order: string[] = [];
  queueTurn(recording(order, "first", () => queueTurn(recording(order, "second"))));
  await turn();
  assertEquals(order, ["first"]);
  await turn();
  assertEquals(order, ["first", "second"]);
});

Deno.test("cancelTurn() before the turn, or within it, keeps one from running", async () => {
  const order: string[] = [];
  const [a, c] = [recording(order, "a"), recording(order, "c")];
  const b = recording(order, "b", () => cancelTurn(c));
  for (const each of [a, b, c]) queueTurn(each);
  cancelTurn(a);
  await turn();
  assertEquals(order, ["b"]);
});

Deno.test("cancelTurn() of the last leaves nothing to keep the process alive", () => {
  const only = recording([], "only");
  queueTurn(only);
  cancelTurn(only);
  cancelTurn(only);
});

Deno.test("waits that share a turn go on in their order, as they would have gone on at once", async () => {
  const log: string[] = [];
  const note = (name: string) => () => void log.push(name);
  const bare = nextTurn().then(note("bare"));
  const valued = inNextTurn("a value").then(note("valued"));
  const { promise, resolve } = Promise.withResolvers<void>();
  callNextTurn(resolve);
  const called = promise.then(note("called"));
  const last = nextTurn().then(note("last"));
  await Promise.all([bare, valued, called, last]);
  assertEquals(log, ["bare", "valued", "called", "last"]);
});

/** How many entries each turn of the loop of events adds to `order`, until there are `total`. */
async function stepsOf(order: readonly number[], total: number): Promise<number[]> {
  const steps: number[] = [];
  for (let before = 0; before < total; before = order.length) {
    await turn();
    steps.push(order.length - before);
  }
  return steps;
}

for (
  const [name, queue] of Object.entries({
    queueTurn: (call: () => void) => queueTurn({ run: call }),
    callNextTurn,
  })
) {
  Deno.test(`${name}() of more than has a place in one turn goes on in the next ones, in order`, async () => {
    const total = 2.5 * MOST_IN_A_TURN;
    const order: number[] = [];
    for (let i = 0; i < total; i++) queue(() => void order.push(i));
    const steps = await stepsOf(order, total);
    assert(steps.every((step) => step <= MOST_IN_A_TURN), String(steps));
    assertEquals(order, Array.from({ length: total }, (_, i) => i));
    assert(!turnsPending());
  });
}

Deno.test("cancelTurn() of what had no place in its turn leaves nothing to keep the process alive", async () => {
  const order: string[] = [];
  const turns = Array.from({ length: MOST_IN_A_TURN + 2 }, (_, i) => recording(order, String(i)));
  turns.forEach(queueTurn);
  await turn();
  for (const each of turns.slice(-2)) cancelTurn(each);
  assert(!turnsPending());
  assertEquals(order.length, MOST_IN_A_TURN);
});

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

Deno.test("TurnBudget lets nobody pass those who are left of an earlier turn", async () => {
  const budget = new TurnBudget();
  const order: number[] = [];
  for (let i = 0; i < 2 * MOST_IN_A_TURN; i++) callNextTurn(() => void order.push(i));
  await turn();
  assertEquals(budget.credit(), 0);
  await turn();
  assertEquals(order.length, 2 * MOST_IN_A_TURN);
  assert(budget.credit() > 0);
  await turn();
});
