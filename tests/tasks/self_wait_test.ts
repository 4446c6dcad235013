// deno-lint-ignore-file require-await -- what an async function returns is what is tested
// A task that waits for itself would wait for ever: whichever way it is tried, the error comes at once.
import { assertEquals, assertRejects } from "@std/assert";
import {
  createTask,
  currentTask,
  gather,
  InvalidStateError,
  race,
  run,
  sleep,
  type Task,
  taskGroup,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const self = (): Task<unknown> => currentTask()!;

const WAYS: Record<string, () => unknown> = {
  "await task.settled()": async () => await self().settled(),
  "return task.settled()": () => self().settled(),
  "return task.settled() from an async function": async () => self().settled(),
  "await its parent's task.settled()": () => {
    const parent = self();
    return createTask(async () => await parent.settled());
  },
  "return it": () => self(),
  "return it from an async function": async () => self(),
  "return it from an async function after a while": async () => {
    await sleep(0);
    return self();
  },
  "return it from a callback of then()": () => sleep(0).then(() => self()),
  "return it from gather() in it": async () => {
    const task = self();
    await gather(async () => task);
  },
  "resolve a promise to it": () => new Promise((resolve) => resolve(self())),
};

for (const [way, body] of Object.entries(WAYS)) {
  Deno.test(`Task: to ${way} inside of it is refused`, async () => {
    const task = createTask(body);
    await assertRejects(() => task, InvalidStateError, "from inside it as it would wait for itself");
  });
}

const RUNNERS: Record<string, (fn: () => unknown) => Promise<unknown>> = {
  "gather()": (fn) => gather(fn),
  "race()": (fn) => race(fn),
  "run()": (fn) => run(fn, { signals: [] }),
};

for (const [name, runner] of Object.entries(RUNNERS)) {
  for (const [kind, fn] of Object.entries({ "a function": () => self(), "an async function": async () => self() })) {
    Deno.test(`${name} refuses its own task as the result of ${kind}`, async () => {
      await assertRejects(() => runner(fn), InvalidStateError, "from inside it as it would wait for itself");
    });
  }
}

asyncTest("Task: another task may be returned, settled or not", async () => {
  const slow = createTask(() => sleep(0, "slow"));
  assertEquals(await createTask(async () => slow), "slow");
  assertEquals(await createTask(async () => await createTask(() => sleep(0, "child")).settled()), {
    status: "fulfilled",
    value: "child",
  });
  assertEquals(await taskGroup(async (group) => group.createTask(() => "member")), "member");
});

asyncTest("Task.settled(): what it gives is a promise like any other", async () => {
  const task = createTask(() => Promise.reject(new Error("failed")));
  const settled = task.settled();
  assertEquals(await settled.then(({ status }) => status), "rejected");
  assertEquals((await settled.finally(() => {})).status, "rejected");
  assertEquals((await Promise.all([settled]))[0]!.status, "rejected");
});
