import { assertEquals, assertMatch } from "@std/assert";
import { drawTaskTree } from "../../lib/tasks/deadlock.ts";
import { ManualClock, turn } from "../core/manual_clock.ts";
import { cancellable, createTask, gather, shield, sleep, taskGroup, timeout } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

Deno.test("drawTaskTree() of nothing says so", () => {
  assertEquals(drawTaskTree(new ManualClock().root), "no tasks");
});

asyncTest("drawTaskTree() draws tasks below those that own them, in order of creation", async () => {
  const clock = new ManualClock();
  const tasks = clock.run(() => [
    createTask(async () => {
      createTask(async () => {
        createTask(() => sleep(1), { name: "a1x" });
        await sleep(2);
      }, { name: "a1" });
      createTask(() => sleep(3), { name: "a2" });
      await sleep(4);
    }, { name: "a" }),
    createTask(() => {}, { name: "b" }),
  ]);
  // Everything but the last has been started by then.
  clock.run(() => createTask(() => {}, { name: "c" }));
  await Promise.resolve();
  await Promise.resolve();
  const drawn = drawTaskTree(clock.root);
  await clock.pass(10);
  await Promise.all(tasks);
  assertEquals(
    drawn.split("\n").map((line) => line.replace(/ \[.*/, "")).filter((line) => !/^[bc]$/.test(line)),
    ["a", "├─ a1", "│  └─ a1x", "└─ a2"],
  );
  assertEquals(drawTaskTree(clock.root), "no tasks");
});

asyncTest("drawTaskTree() tells the state, and what is waited for, also inside of groups and timeouts", async () => {
  const clock = new ManualClock();
  const never = new Promise<void>(() => {});
  const task = clock.run(() =>
    createTask(() =>
      taskGroup(async (group) => {
        group.createTask(() => timeout(500, () => cancellable(never)), { name: "child" });
        await sleep(60_000);
      }), { name: "main" })
  );
  await turn();
  assertEquals(
    drawTaskTree(clock.root),
    "main [running], waits for sleep 60000 ms\n└─ child [running], waits for a promise",
  );
  task.cancel();
  await task.settled();
});

asyncTest("drawTaskTree() tells the deadline that a task is under, which a shield lifts", async () => {
  const clock = new ManualClock();
  const result = clock.run(() =>
    createTask(() =>
      timeout(500, () =>
        gather(
          () => createTask(() => sleep(10), { name: "under it" }),
          () => shield(() => createTask(() => sleep(10), { name: "shielded" })),
        )), { name: "main" })
  );
  await clock.pass(5);
  const lines = drawTaskTree(clock.root).split("\n");
  await clock.pass(10);
  await result;
  assertMatch(lines.find((line) => line.includes("under it"))!, /waits for sleep 10 ms, deadline in 495 ms$/);
  assertMatch(lines.find((line) => line.includes("shielded"))!, /waits for sleep 10 ms$/);
});

asyncTest("drawTaskTree() tells what is being cancelled", async () => {
  const clock = new ManualClock();
  const task = clock.run(() =>
    createTask(() => sleep(Infinity).finally(() => shield(() => sleep(10))), { name: "stubborn" })
  );
  await turn();
  task.cancel();
  await turn();
  assertMatch(drawTaskTree(clock.root), /^stubborn \[cancelling\].*waits for sleep 10 ms/);
  await clock.pass(10);
  await task.settled();
});

Deno.test("drawTaskTree() draws trees of any depth", async () => {
  const clock = new ManualClock();
  const depth = 2_000;
  const nest = (level: number): Promise<unknown> => level === 0 ? sleep(1) : createTask(() => nest(level - 1));
  const task = clock.run(() => createTask(() => nest(depth)));
  await turn();
  assertEquals(drawTaskTree(clock.root).split("\n").length, depth + 1);
  await clock.pass(1);
  await task;
});
