import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { realTime } from "../../lib/core/platform.ts";
import { createTask, gather, run, sleep } from "../../mod.ts";
import { virtualTime } from "../../lib/testing/mod.ts";

const DAY = 86_400_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("virtualTime({ globals }) has setTimeout follow the clock", async () => {
  const log: string[] = [];
  await virtualTime(async (clock) => {
    setTimeout((text) => log.push(`${text} at ${clock.now()}`), 10, "timer");
    await gather(() => sleep(20).then(() => log.push("sleep")), () => pause(DAY));
    assertEquals(clock.now(), DAY);
  }, { globals: true });
  assertEquals(log, ["timer at 10", "sleep"]);
});

Deno.test("virtualTime({ globals }) has setInterval follow the clock, until it is cleared", async () => {
  const ticks: number[] = [];
  await virtualTime(async (clock) => {
    const interval = setInterval(() => ticks.push(clock.now()), 10);
    await sleep(35);
    clearInterval(interval);
    await sleep(100);
  }, { globals: true });
  assertEquals(ticks, [10, 20, 30]);
});

Deno.test("virtualTime({ globals }) clears a timer by its object and by its number", async () => {
  await virtualTime(async () => {
    let fired = 0;
    clearTimeout(setTimeout(() => fired++, 10));
    clearTimeout(Number(setTimeout(() => fired++, 10)));
    await sleep(100);
    assertEquals(fired, 0);
  }, { globals: true });
});

Deno.test("virtualTime({ globals }) clears a real timer too", async () => {
  let fired = false;
  const real = setTimeout(() => fired = true, 1);
  await virtualTime(() => clearTimeout(real), { globals: true });
  await pause(5);
  assertEquals(fired, false);
});

Deno.test("virtualTime({ globals }) has Date and performance.now() follow the clock", async () => {
  await virtualTime(async (clock) => {
    const date = new Date();
    const begin = [Date.now(), performance.now()] as const;
    await sleep(DAY);
    assertEquals([Date.now() - begin[0], performance.now() - begin[1]], [DAY, DAY]);
    assertEquals(new Date().getTime() - date.getTime(), DAY);
    assertEquals(performance.now(), clock.now());
    assertInstanceOf(date, Date);
    assertEquals(Date(), new Date().toString());
  }, { globals: true });
});

Deno.test("virtualTime({ globals }) leaves dates alone that do not ask for now", async () => {
  await virtualTime(() => {
    assertEquals(new Date(0).getTime(), 0);
    assertEquals(new Date(2000, 1, 3).getMonth(), 1);
    assertEquals(Date.parse("2000-01-01T00:00:00Z"), Date.UTC(2000, 0, 1));
    class Day extends Date {}
    assertInstanceOf(new Day(0), Day);
  }, { globals: true });
});

Deno.test("virtualTime({ globals }) leaves the real ones to code outside of it", async () => {
  const stop = Promise.withResolvers<void>();
  const virtual = virtualTime((clock) => clock.hold(stop.promise), { globals: true });
  const begin = performance.now();
  await pause(5);
  assert(performance.now() - begin >= 4);
  stop.resolve();
  await virtual;
});

Deno.test("virtualTime({ globals }) twice at the same time: each its own, and all put back after the last", async () => {
  const { setTimeout, Date } = globalThis;
  const body = (ms: number) => () =>
    virtualTime(async () => {
      const begin = performance.now();
      await pause(ms);
      return performance.now() - begin;
    }, { globals: true });
  assertEquals(await gather(body(DAY), body(2 * DAY)), [DAY, 2 * DAY]);
  assertStrictEquals(globalThis.setTimeout, setTimeout);
  assertStrictEquals(globalThis.Date, Date);
});

Deno.test("virtualTime({ globals }) puts all back when the test fails", async () => {
  const { setTimeout, setInterval, clearTimeout, clearInterval, Date } = globalThis;
  const { now } = performance;
  await assertRejects(() => virtualTime(() => Promise.reject(new Error("failed")), { globals: true }));
  const after = globalThis;
  assertEquals(after.setTimeout === setTimeout && after.setInterval === setInterval, true);
  assertEquals(after.clearTimeout === clearTimeout && after.clearInterval === clearInterval, true);
  assertEquals(after.Date === Date && performance.now === now, true);
});

Deno.test("virtualTime({ globals }) leaves the debug mode of run() on the real clock", async () => {
  // Holds the event loop for longer than the debug mode lets pass.
  const greedy = () => {
    const end = realTime.now() + 150;
    while (realTime.now() < end);
  };
  const { error } = console;
  let report = "";
  console.error = (line) => report += `${line}\n`;
  try {
    const main = async () => {
      await sleep(DAY);
      await createTask(greedy, { name: "greedy" });
    };
    await virtualTime(() => run(main, { debug: true, signals: [] }), { globals: true });
  } finally {
    console.error = error;
  }
  assertMatch(report, /^Task "greedy" .* held the event loop for \d{3,} ms\./m);
  // A day that is over at once holds nothing up.
  assertNotMatch(report, /\d{8,} ms/);
});

Deno.test("virtualTime() stands beside timers that somebody else has replaced", async () => {
  // As FakeTime of @std/testing does: nothing happens until it is told to.
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  try {
    await virtualTime(() => sleep(DAY));
    await sleep(1);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});
