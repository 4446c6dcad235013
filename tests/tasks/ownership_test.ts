// The one rule: you own what you start. After any call has settled, the registry of tasks is what it was before, whatever
// mixture of success, failure, cancellation and expiry there was; and no error is lost.
import { assertEquals } from "@std/assert";
import { runInScope } from "../../lib/core/ambient.ts";
import { VirtualClock } from "../../lib/testing/virtual_clock.ts";
import { turn } from "../core/manual_clock.ts";
import { TestRoot } from "../core/test_root.ts";
import {
  allTasks,
  asCompleted,
  cancellable,
  createTask,
  flattenErrors,
  gather,
  mapConcurrent,
  moveOnAfter,
  race,
  shield,
  sleep,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { cleanUp } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

type Fn = () => unknown;

/** What a function may do. Errors are told apart by their message. */
const BEHAVIOURS: Record<string, (fail: (what: string) => never) => Fn> = {
  returns: () => () => turn(),
  "returns at once": () => () => 1,
  fails: (fail) => () => turn().then(() => fail("fails")),
  "fails at once": (fail) => () => fail("fails at once"),
  waits: () => () => sleep(Infinity),
  "cleans up": () => () => sleep(Infinity).finally(() => cleanUp()),
  "fails in cleanup": (fail) => () => sleep(Infinity).then(undefined, () => turn().then(() => fail("cleanup"))),
  "fails in its shield": (fail) => () => shield(() => cleanUp(2).then(() => fail("shield"))),
  "catches and returns": () => () => sleep(Infinity).catch(() => cleanUp(1)),
  "catches and waits again": () => () => sleep(Infinity).catch(() => sleep(Infinity)),
  "leaves a task behind": () => () => void createTask(() => sleep(Infinity).finally(() => cleanUp(2)), { eager: true }),
  "is cancelled by itself": () => () => {
    const task = createTask(() => sleep(Infinity));
    task.cancel();
    return task;
  },
  "times out": () => () => timeout(0, () => sleep(Infinity)).catch(() => {}),
  "waits for a promise": () => () => cancellable(new Promise(() => {})),
};

/** Ways to run three functions together. */
const WAYS: Record<string, (fns: Fn[]) => Promise<unknown>> = {
  gather: (fns) => gather(fns),
  "gather, with exceptions": (fns) => gather(fns, { returnExceptions: true }),
  "gather, two at a time": (fns) => gather(fns, { concurrency: 2 }),
  taskGroup: (fns) => taskGroup((group) => fns.forEach((fn) => group.createTask(fn))),
  "taskGroup, in its body": (fns) =>
    taskGroup((group) => (group.createTask(fns[0]!), group.createTask(fns[1]!), fns[2]!())),
  "taskGroup, cancelled": (fns) =>
    taskGroup(async (group) => {
      fns.forEach((fn) => group.createTask(fn));
      await cleanUp(2);
      group.cancel();
    }),
  race: (fns) => race(...fns),
  mapConcurrent: async (fns) => {
    for await (const _ of mapConcurrent(fns, (fn) => fn(), { concurrency: 2 }));
  },
  "mapConcurrent, left": async (fns) => {
    for await (const _ of mapConcurrent(fns, (fn) => fn(), { concurrency: 3, ordered: false })) break;
  },
  asCompleted: async (fns) => {
    for await (const task of asCompleted(fns)) await task;
  },
  "asCompleted, left": async (fns) => {
    const loop = asCompleted(fns);
    const { value } = await loop.next();
    await loop.return!();
    // The one that was yielded is the caller's business.
    return [await Promise.resolve(value).catch((error) => error)];
  },
};

/** What happens to them from outside, some turns later. */
const FATES: Record<string, (call: () => Promise<unknown>) => Promise<unknown>> = {
  "times out": (call) => timeout(4, call),
  "moves on": (call) => moveOnAfter(4, call),
  "is cancelled": async (call) => {
    const task = createTask(call, { eager: true });
    task.settled();
    await cleanUp(3);
    task.cancel();
    return await task;
  },
};

Deno.test("nothing outlives its owner, and no error is lost: all ways, all mixtures", async () => {
  const names = Object.keys(BEHAVIOURS);
  // All pairs of behaviours, with a third that goes round: every one meets every other, in both orders.
  const mixtures = names.flatMap((first, i) =>
    names.map((second, j) => [first, second, names[(i + j) % names.length]!])
  );
  const failures: string[] = [];
  for (const [way, start] of Object.entries(WAYS)) {
    // Side by side, each under a root of its own.
    await Promise.all(mixtures.flatMap((mixture) =>
      Object.entries(FATES).map(async ([fate, meet]) => {
        const problem = await check((fns) => meet(() => start(fns)), mixture);
        if (problem !== undefined) failures.push(`${way} of [${mixture.join(", ")}], ${fate}: ${problem}`);
      })
    ));
  }
  assertEquals(failures.slice(0, 10), []);
});

async function check(call: (fns: Fn[]) => Promise<unknown>, mixture: string[]): Promise<string | undefined> {
  // With a clock of its own for each. Promises that never settle need not be waited for.
  const clock = new VirtualClock({ patient: false, onStuck() {} });
  using root = new TestRoot(clock);
  const found: unknown[] = [];
  root.onSuperseded = (error) => found.push(error);
  const thrown: Error[] = [];
  const fail = (what: string): never => {
    const error = new Error(what);
    thrown.push(error);
    throw error;
  };
  const fns = mixture.map((name) => BEHAVIOURS[name]!(fail));
  const left = await runInScope(root, async () => {
    const [result] = await Promise.allSettled([call(fns)]);
    if (result!.status === "rejected") found.push(...flattenErrors(result!.reason));
    // Errors that became results were handed to the caller.
    else if (Array.isArray(result!.value)) found.push(...result!.value);
    return allTasks().map((task) => task.name);
  });
  if (left.length > 0) return `left behind ${left}`;
  await cleanUp(1);
  const lost = thrown.filter((error) => !found.includes(error) && !found.some((each) => isCauseOf(error, each)));
  return lost.length > 0 ? `lost ${lost.map((error) => error.message)}` : undefined;
}

function isCauseOf(error: Error, of: unknown): boolean {
  for (let each = of; each instanceof Error; each = each.cause) if (each === error) return true;
  return false;
}

asyncTest("promises and tasks that are handed in are never cancelled, nor waited for", async () => {
  const before = allTasks().length;
  for (
    const call of [
      (task: Promise<string>) => gather(task, () => Promise.reject(new Error())),
      (task: Promise<string>) => race(task, () => turn()),
      (task: Promise<string>) => timeout(1, task),
      (task: Promise<string>) => moveOnAfter(1, task),
      (task: Promise<string>) => timeout(1, () => shield(task)),
      (task: Promise<string>) => timeout(1, () => createTask(task)),
      (task: Promise<string>) => timeout(1, () => taskGroup((group) => void group.createTask(task))),
      (task: Promise<string>) => asCompleted([task, () => turn()]).next(),
    ]
  ) {
    const gate = Promise.withResolvers<string>();
    const task = createTask(() => gate.promise, { eager: true });
    await Promise.allSettled([call(task)]);
    assertEquals(task.state, "running");
    gate.resolve("finished");
    assertEquals(await task, "finished");
  }
  assertEquals(allTasks().length, before);
});
