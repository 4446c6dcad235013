// What a worker says is input from a stranger. No thread is needed to say it.
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { WorkerError, WorkerPoolError } from "../../../mod.ts";
import { currentScope } from "../../../lib/core/ambient.ts";
import type { Backend, Listener } from "../../../lib/workers/backends/backend.ts";
import { Call } from "../../../lib/workers/call/call.ts";
import { sourceOf } from "../../../lib/workers/call/function_source.ts";
import { settingsOf } from "../../../lib/workers/pool/options.ts";
import { PooledWorker } from "../../../lib/workers/pool/pooled_worker.ts";
import { STRANGE_MESSAGES } from "../fixtures/strange_messages.ts";
import { Expected } from "../../../lib/workers/wire/protocol.ts";

/** A worker that says whatever it is made to say, and the calls that it was given. */
async function stranger() {
  let listener: Listener | undefined;
  const backend: Backend = {
    name: "thread",
    shares: true,
    start(_, told) {
      listener = told;
      return Promise.resolve({ post() {}, setRef() {}, stop: () => Promise.resolve("terminated" as const) });
    },
  };
  const owner = {
    onFree() {},
    onGone(_: PooledWorker, unstarted: Call[]) {
      for (const call of unstarted) call.failWith(new WorkerPoolError("Nobody is left"));
    },
    onStopped() {},
    onEnding() {},
  };
  const worker = new PooledWorker("w", { ...settingsOf({}), backend }, owner);
  worker.start();
  await Promise.resolve();
  await Promise.resolve();
  listener!.onMessage([0]);
  const call = (args: unknown[], stream?: number) => {
    const made = new Call(currentScope(), {
      source: sourceOf(() => 1),
      args,
      transfer: undefined,
      transferResult: false,
      timeout: undefined,
      queueTimeout: undefined,
      grace: 1_000,
      name: undefined,
      signal: undefined,
      stream,
      onProgress: () => {},
      trace: undefined,
      errors: [],
      site: undefined,
    }, { cancel: (call) => worker.cancel(call) });
    made.task.then(undefined, () => {});
    made.queued();
    worker.give(made as Call);
    return made;
  };
  return { say: (message: unknown) => listener!.onMessage(message), call, worker };
}

/** Numbers that seem to have no order; the same for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

Deno.test("PooledWorker hears ten thousand messages of strangers, and each ends in nothing but that worker's end", async () => {
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? 20_261_128);
  const next = numbers(seed);
  const error = console.error;
  console.error = () => {};
  const started = performance.now();
  let ended = 0;
  try {
    for (let said = 0; said < 10_000;) {
      const { say, call, worker } = await stranger();
      const calls = [call([1]), call([() => 1]), call([], 4)];
      const odd = () =>
        [null, undefined, NaN, -1, "x", {}, [], [[]], 2 ** 53, true, "constructor", { kind: "error" }, {
          kind: "value",
        }][next(13)];
      const part = () => {
        const ids = [...calls.map((call) => call.id), 0, -1, 7];
        return next(3) === 0 ? odd() : ids[next(ids.length)];
      };
      if (next(4) === 0) calls[next(3)]!.task.cancel();
      for (let more = 0; more < 40 && said < 10_000; more++, said++) {
        const message = next(8) === 0 ? odd() : [next(12), ...Array.from({ length: next(5) }, part)];
        try {
          say(next(20) === 0 ? 9 : message);
        } catch (cause) {
          throw new Error(`seed ${seed}: ${JSON.stringify(message)} is not heard`, { cause });
        }
      }
      await worker.stop();
      ended++;
      for (const call of calls) {
        const outcome = await call.task.settled();
        if (outcome.status === "rejected" && call.scope.error === null && outcome.reason instanceof Error) {
          assert(outcome.reason instanceof WorkerError || outcome.reason.constructor === Error, `seed ${seed}`);
        }
      }
    }
  } finally {
    console.error = error;
  }
  assert(ended > 100);
  // Quadratic, it would be minutes.
  assert(performance.now() - started < 60_000);
});

for (
  const [what, messages] of Object.entries<(id: number) => unknown[]>({
    "an answer to no call": () => [[1, 10 ** 9, "x"]],
    "a second answer": (id) => [[1, id, "x"], [1, id, "x"]],
    "an error of no call": () => [[2, 10 ** 9, { kind: "error", message: "x" }]],
    "a cancellation seen that there was not": (id) => [[4, id]],
    "results that there are not": () => [9],
    "values of what is no stream": (id) => [[5, id, [1]]],
    "a call of a function that was not handed over": (id) => [[6, id, 5, 1, []]],
    "its end, twice": () => [[7, 0, "x"], [7, 0, "x"]],
    "that it is ready, twice": () => [[0]],
    "a heap that was not asked for": () => [[10, false, 5]],
  })
) {
  Deno.test(`PooledWorker ends when it is told ${what}`, async () => {
    const { say, call, worker } = await stranger();
    const first = call([() => 1]);
    // It has no place in the shared memory, so it may have begun.
    const second = call([], 4);
    for (const message of messages(first.id)) say(message);
    assertEquals(worker.ready, false);
    const outcome = await second.task.settled();
    assert(outcome.status === "rejected");
    assertInstanceOf(outcome.reason, WorkerError);
    assert(String(outcome.reason).includes("sent what no worker sends"), String(outcome.reason));
  });
}

Deno.test("PooledWorker ends when it is told of more errors left behind than any function leaves", async () => {
  const { say, call } = await stranger();
  const running = call([], 4);
  const { error } = console;
  console.error = () => {};
  try {
    for (let n = 0; n < 101; n++) say([8, -1, { kind: "error", message: "left behind" }]);
  } finally {
    console.error = error;
  }
  const outcome = await running.task.settled();
  assert(outcome.status === "rejected");
  assert(String(outcome.reason).includes("sent what no worker sends"), String(outcome.reason));
});

for (const message of STRANGE_MESSAGES) {
  Deno.test(`PooledWorker ends when it is told ${Deno.inspect(message)}`, async () => {
    const { say, call, worker } = await stranger();
    const running = call([], 4);
    say(message);
    assertEquals(worker.ready, false);
    const outcome = await running.task.settled();
    assert(outcome.status === "rejected");
    assert(String(outcome.reason).includes("sent what no worker sends"), String(outcome.reason));
  });
}

Deno.test("Expected lets pass what can be late, and no flood of it", () => {
  const expected = new Expected();
  for (let n = 0; n < 1_000; n++) expected.late();
  assertThrows(() => expected.late(), TypeError);
  for (let n = 0; n < 100; n++) expected.fault();
  assertThrows(() => expected.fault(), TypeError);
});
