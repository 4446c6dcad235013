import { assert, assertEquals } from "@std/assert";
import { realClock } from "../../lib/core/clock.ts";
import { realTime } from "../../lib/core/platform.ts";
import type { TimerEntry } from "../../lib/core/timer_queue.ts";
import { MOST_IN_A_TURN } from "../../lib/core/turn.ts";
import { runProgram } from "../program.ts";
import { turn } from "./manual_clock.ts";

class Alarm implements TimerEntry {
  order = 0;
  index = -1;
  readonly due: number;
  readonly fired: Promise<number>;
  readonly #ring: (at: number) => void;

  constructor(delay: number, readonly onFire: () => void = () => {}) {
    this.due = realClock.now() + delay;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.fired = promise;
    this.#ring = resolve;
  }

  fire(): void {
    this.#ring(realClock.now());
    this.onFire();
  }
}

Deno.test("realClock never fires early", async () => {
  // Fractions, since the platform's timers know only whole milliseconds.
  const alarms = Array.from({ length: 200 }, (_, i) => new Alarm(i % 20 + i / 200));
  for (const alarm of alarms) realClock.at(alarm);
  for (const alarm of alarms) {
    const at = await alarm.fired;
    assert(at >= alarm.due, `due ${alarm.due}, fired ${at}`);
  }
});

Deno.test("realClock fires by due time, and equal ones in order of queueing", async () => {
  const order: string[] = [];
  const late = new Alarm(8, () => order.push("late"));
  const early = new Alarm(2, () => order.push("early"));
  const twins = ["a", "b", "c"].map((name) => new Alarm(5, () => order.push(name)));
  const { due } = twins[0]!;
  for (const alarm of twins) Object.assign(alarm, { due });
  for (const alarm of [late, ...twins, early]) realClock.at(alarm);
  await late.fired;
  assertEquals(order, ["early", "a", "b", "c", "late"]);
});

Deno.test("realClock.cancel() keeps an entry from firing, and leaves no timer behind", async () => {
  let fired = false;
  const alarm = new Alarm(1, () => fired = true);
  const other = new Alarm(3);
  realClock.at(alarm);
  realClock.at(other);
  realClock.cancel(alarm);
  await other.fired;
  realClock.cancel(alarm);
  assert(!fired);
  // That no platform timer is left is for the sanitizer to say, here and in the next test.
});

Deno.test("realClock.cancel() of the last entry takes the platform's timer back", () => {
  for (const delay of [1e6, 2 ** 31 + 5, Infinity]) {
    const alarm = new Alarm(delay);
    realClock.at(alarm);
    realClock.cancel(alarm);
  }
});

Deno.test("realClock takes the platform's timer back in the next turn, and those in between share it", async () => {
  const { setTimeout, clearTimeout } = realTime;
  const set: unknown[] = [];
  const cleared: unknown[] = [];
  realTime.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    const timer = setTimeout(...args);
    set.push(timer);
    return timer;
  }) as typeof setTimeout;
  realTime.clearTimeout = (timer) => {
    cleared.push(timer);
    clearTimeout(timer);
  };
  try {
    await turn();
    for (let i = 0; i < 100; i++) {
      const alarm = new Alarm(1e6 + i);
      realClock.at(alarm);
      await null;
      realClock.cancel(alarm);
    }
    assertEquals([set.length, cleared], [1, []]);
    await turn();
    assertEquals(cleared, set);
    const again = new Alarm(1e6);
    realClock.at(again);
    assertEquals([set.length, cleared.length], [2, 1]);
    // One that is set again by then keeps it.
    realClock.cancel(again);
    realClock.at(again);
    await turn();
    assertEquals([set.length, cleared.length], [2, 1]);
    realClock.cancel(again);
  } finally {
    Object.assign(realTime, { setTimeout, clearTimeout });
  }
});

Deno.test("realClock takes a timer that would fire soon back at once", () => {
  const { clearTimeout } = realTime;
  let cleared = 0;
  realTime.clearTimeout = (timer) => {
    cleared++;
    clearTimeout(timer);
  };
  try {
    const alarm = new Alarm(1);
    realClock.at(alarm);
    realClock.cancel(alarm);
  } finally {
    realTime.clearTimeout = clearTimeout;
  }
  assertEquals(cleared, 1);
});

Deno.test("realClock fires in time what is set while a timer for nothing is left", async () => {
  const given = new Alarm(1e6);
  realClock.at(given);
  realClock.cancel(given);
  const soon = new Alarm(1);
  realClock.at(soon);
  // The sanitizer tells, too, of a timer that is left.
  assert(await soon.fired >= soon.due);
});

Deno.test("realClock asks the platform for no delay that it does not know, and waits on in pieces", async () => {
  const platform = realTime.setTimeout;
  const delays: number[] = [];
  realTime.setTimeout = ((callback: () => void, delay: number) => {
    delays.push(delay);
    return platform(callback, Math.min(delay, 2 ** 31 - 1));
  }) as typeof platform;
  try {
    await turn();
    for (const delay of [2 ** 31 - 1_000, 2 ** 31 + 1_000, 2 ** 40, Infinity]) {
      const alarm = new Alarm(delay);
      realClock.at(alarm);
      realClock.cancel(alarm);
      await turn();
    }
  } finally {
    realTime.setTimeout = platform;
  }
  assertEquals(delays.length, 4);
  assert(delays[0]! <= 2 ** 31 - 1_000);
  assertEquals(delays.slice(1), [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1]);
});

Deno.test("realClock fires an entry that was added while others fire", async () => {
  const inner = new Alarm(0);
  realClock.at(new Alarm(1, () => realClock.at(inner)));
  await inner.fired;
});

Deno.test("realClock fires what is left although an entry throws", async () => {
  const errors: unknown[] = [];
  const listener = (event: ErrorEvent) => {
    event.preventDefault();
    errors.push(event.error);
  };
  addEventListener("error", listener);
  const after = new Alarm(1);
  realClock.at(
    new Alarm(0, () => {
      throw "broken entry";
    }),
  );
  realClock.at(after);
  await after.fired;
  removeEventListener("error", listener);
  assertEquals(errors, ["broken entry"]);
});

Deno.test("realClock sets one platform timer for a thousand entries", async () => {
  const platform = realTime.setTimeout;
  let set = 0;
  realTime.setTimeout = ((...args: Parameters<typeof platform>) => {
    set++;
    return platform(...args);
  }) as typeof platform;
  try {
    const alarms = Array.from({ length: 1_000 }, (_, i) => new Alarm(1 + i / 1_000));
    for (const alarm of alarms) realClock.at(alarm);
    assertEquals(set, 1);
    await Promise.all(alarms.map(({ fired }) => fired));
  } finally {
    realTime.setTimeout = platform;
  }
});

// The first `setTimeout` of a process does so under `deno test`.
Deno.test("realClock leaves no platform timer behind when microtasks run while one is set", async () => {
  const platform = realTime.setTimeout;
  const early = new Alarm(1);
  const late = new Alarm(60_000);
  realTime.setTimeout = ((...args: Parameters<typeof platform>) => {
    realTime.setTimeout = platform;
    realClock.at(early);
    return platform(...args);
  }) as typeof platform;
  realClock.at(late);
  await early.fired;
  realClock.cancel(late);
});

Deno.test("realClock lets the loop of events turn while very many entries are due, and keeps their order", async () => {
  const total = 3 * MOST_IN_A_TURN;
  const order: number[] = [];
  const alarms = Array.from({ length: total }, (_, i) => new Alarm(1, () => order.push(i)));
  for (const alarm of alarms) realClock.at(Object.assign(alarm, { due: alarms[0]!.due }));
  await alarms[0]!.fired;
  assertEquals(order.length, MOST_IN_A_TURN);
  for (let before = order.length; before < total; before = order.length) {
    await turn();
    assert(order.length - before <= MOST_IN_A_TURN);
  }
  assertEquals(order, Array.from({ length: total }, (_, i) => i));
});

Deno.test("realClock.cancel() of what is due and had no place in its turn leaves nothing behind", async () => {
  const alarms = Array.from({ length: MOST_IN_A_TURN + 2 }, () => new Alarm(0));
  for (const alarm of alarms) realClock.at(Object.assign(alarm, { due: alarms[0]!.due }));
  await alarms[0]!.fired;
  for (const alarm of alarms.slice(-2)) realClock.cancel(alarm);
  const later = new Alarm(1);
  realClock.at(later);
  await later.fired;
});

Deno.test("realClock keeps nothing alive of the code that happened to set its timer, or to take a turn", async () => {
  const { stdout, stderr } = await runProgram(
    "checkpoint, createTask, sleep",
    `
    import { AsyncLocalStorage } from "node:async_hooks";
    const requests = new AsyncLocalStorage();
    const heartbeat = createTask(() => sleep(60_000));
    /** What a request has stored, seen weakly once the request has ended. */
    async function handle() {
      const store = { body: new Uint8Array(1_000_000) };
      await requests.run(store, () => createTask(async () => {
        await sleep(1);
        await checkpoint();
      }));
      return new WeakRef(store);
    }
    const store = await handle();
    for (let i = 0; i < 1_000 && store.deref() !== undefined; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      gc();
    }
    console.log(store.deref() === undefined ? "freed" : "kept", heartbeat.state);
    heartbeat.cancel();
    await heartbeat.settled();
    `,
    { flags: ["--v8-flags=--expose-gc"] },
  );
  assertEquals([stdout, stderr], ["freed running", ""]);
});
