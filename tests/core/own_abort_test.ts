import { assert, assertEquals, assertInstanceOf, assertNotStrictEquals } from "@std/assert";
import { EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import {
  CancelledError,
  createTask,
  currentSignal,
  gather,
  moveOnAfter,
  race,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "@asyncio/toolkit";
import { asyncTest } from "@asyncio/toolkit/testing";
import { runProgram } from "../program.ts";

/** Fails as `toError` has it when `signal` fires. */
function failing(toError: (reason: unknown) => unknown): (signal: AbortSignal) => Promise<never> {
  return (signal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(toError(signal.reason)), { once: true }));
}

const named = (name: string, options?: ErrorOptions) => Object.assign(new Error("stopped", options), { name });

/** What libraries make of a signal that fires. */
const LIBRARIES: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
  "once() of node:events": (signal) => once(new EventEmitter(), "x", { signal }),
  "a timer of node:timers/promises": (signal) => delay(60_000, undefined, { signal }),
  "an error with a name": failing(() => named("CanceledError")),
  "an error with a code": failing(() => Object.assign(new Error("canceled"), { code: "ERR_CANCELED" })),
  "a DOMException of its own": failing(() => new DOMException("stopped", "AbortError")),
  "an error around the reason": failing((cause) => named("FetchError", { cause })),
  "an error around another": failing((cause) => named("FetchError", { cause: named("RequestError", { cause }) })),
  "an AggregateError": failing((reason) => new AggregateError([reason, named("AbortError")])),
};

for (const [library, call] of Object.entries(LIBRARIES)) {
  asyncTest(`what the own signal has brought about is the cancellation, for ${library}`, async () => {
    assertInstanceOf(await timeout(1, ({ signal }) => call(signal)).catch((error) => error), TimeoutError);
    assertEquals(await moveOnAfter(1, ({ signal }) => call(signal)), undefined);

    const task = createTask(() => call(currentSignal()), { eager: true });
    task.cancel("enough");
    await task.settled();
    assertEquals(task.state, "cancelled");
    assertEquals((task.exception() as CancelledError).reason, "enough");

    const boom = new Error("boom");
    const both = [({ signal }: { signal: AbortSignal }) => call(signal), () => Promise.reject(boom)];
    assertEquals(await gather(both).catch((error) => error), boom);
    assertEquals(await race(({ signal }) => call(signal), () => sleep(1, "first")), "first");
    const group = taskGroup((group) => both.forEach((fn) => void group.createTask(fn)));
    assertEquals((await group.catch((error) => error)).errors, [boom]);
    assertEquals(
      await taskGroup((group) => {
        group.createTask(() => sleep(1).then(() => void group.cancel()));
        return call(group.signal);
      }),
      undefined,
    );
  });
}

asyncTest(
  "an abort below a scope counts where the signal was that of a scope around it, cancelled as one",
  async () => {
    const call = LIBRARIES["an error with a name"]!;
    const caught = await timeout(1, ({ signal }) => gather(() => moveOnAfter(60_000, () => call(signal))))
      .catch((error) => error);
    assertInstanceOf(caught, TimeoutError);
  },
);

asyncTest("an abort that is none of the scope's own stays an error", async () => {
  const abort = () => Promise.reject(named("CanceledError"));
  const task = createTask(() => ({ signal: currentSignal(), result: abort() }).result);
  assertEquals(await task.settled().then(() => task.state), "failed");

  // Cancelled, but nobody has its signal.
  const other = createTask(() => sleep(60_000).catch(abort), { eager: true });
  other.cancel();
  assertEquals(await other.settled().then(() => other.state), "failed");
});

asyncTest(
  "what fails on the way out of a cancellation is not taken for it, though it carries it as its cause",
  async () => {
    const full = new Error("disk full");
    async function save(): Promise<void> {
      currentSignal();
      await sleep(60_000).catch(() => Promise.reject(full));
    }
    const inner = createTask(save, { eager: true });
    inner.cancel();
    assertEquals(await inner.settled().then(() => inner.exception()), full);
    assertInstanceOf(full.cause, CancelledError);
    const again = new Error("disk still full");
    const nested = () => moveOnAfter(60_000, () => currentSignal() && sleep(60_000).catch(() => Promise.reject(again)));
    const outer = await timeout(1, nested).catch((error) => error);
    assertNotStrictEquals(outer.name, "TimeoutError");
    assert(outer === again);
  },
);

Deno.test("a request of a cancelled task that nobody gets to await does not end the program", async () => {
  const { code, stdout, stderr } = await runProgram(
    "createTask, shield, sleep",
    `
    const get = (signal, later) => new Promise((_, reject) => signal.addEventListener("abort", () => {
      const error = Object.assign(new Error("canceled"), { name: "CanceledError" });
      later ? setTimeout(reject, 1, error) : reject(error);
    }));
    const task = createTask(async ({ signal }) => {
      try {
        const [a, b, c] = [get(signal), get(signal), get(signal, true)];
        await a; await b; await c;
      } finally {
        await shield(() => sleep(10));
        console.log("cleaned up");
      }
    }, { eager: true });
    task.cancel();
    await task.settled();
    console.log(task.state);
    `,
  );
  assertEquals([code, stdout, stderr], [0, "cleaned up\ncancelled", ""]);
});

Deno.test("an abort that nobody awaits is an unhandled rejection where it is not the work of a cancelled task", async () => {
  const { code, stderr } = await runProgram(
    "createTask, sleep",
    `
    const task = createTask(({ signal }) => sleep(60_000), { eager: true });
    task.cancel();
    await task.settled();
    Promise.reject(Object.assign(new Error("somebody else's"), { name: "AbortError" }));
    await sleep(10);
    `,
  );
  assertEquals(code, 1);
  assert(stderr.includes("somebody else's"));
});
