import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createTask, sleep } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { runChecked } from "../../lib/testing/async_test.ts";

const DAY = 86_400_000;

/** What the check says of a test. */
async function complaintOf(fn: () => unknown, options = {}): Promise<string> {
  return (await assertRejects(() => runChecked(fn, options), Error)).message;
}

asyncTest("asyncTest() runs in virtual time", async (clock) => {
  await sleep(DAY);
  assertEquals(clock.now(), DAY);
});

asyncTest("asyncTest() hands on the context of Deno.test", (_clock, context) => {
  assertEquals(context.name, "asyncTest() hands on the context of Deno.test");
});

asyncTest("asyncTest() takes the options of Deno.test, and of virtualTime()", async (clock) => {
  const begin = performance.now();
  await clock.advance(5);
  assertEquals(performance.now() - begin, 5);
}, { manual: true, globals: true, sanitizeExit: true });

asyncTest("asyncTest() lets tasks be that end with what started them", () => {
  createTask(() => sleep(DAY));
});

Deno.test("asyncTest() fails for a detached task that is still running, and says where it was made", async () => {
  const complaint = await complaintOf(async () => {
    createTask(() => sleep(DAY), { name: "poller", detached: true });
    await sleep(1);
  });
  assertMatch(complaint, /- task "poller" \[running\], waits for sleep 86400000 ms, made .*async_test_test\.ts:\d+/);
});

Deno.test("asyncTest() fails for a wait that nobody awaits, and says where it was made", async () => {
  const complaint = await complaintOf(() => {
    sleep(DAY);
  });
  assertMatch(complaint, /- sleep 86400000 ms, made .*async_test_test\.ts:\d+/);
});

Deno.test("asyncTest() fails for a timer, and says where it was made", async () => {
  const complaint = await complaintOf(async () => {
    setTimeout(() => {}, 1);
    clearTimeout(setTimeout(() => {}, DAY));
    setInterval(() => {}, 10);
    await sleep(5);
  }, { globals: true });
  assertMatch(complaint, /^What the test began has outlived it:\n- interval of 10 ms, made .*async_test_test\.ts:\d+/);
});

Deno.test("asyncTest() fails for a worker that was not terminated", async () => {
  const code = "data:text/javascript,";
  let left: Worker | undefined;
  const complaint = await complaintOf(() => {
    new Worker(code, { type: "module" }).terminate();
    left = new Worker(code, { type: "module" });
  });
  left?.terminate();
  assertMatch(
    complaint,
    /^What the test began has outlived it:\n- worker of data:text\/javascript,, made .*_test\.ts:\d+/,
  );
  assertEquals(complaint.split("\n").length, 2);
});

Deno.test("asyncTest() fails as the test does, whatever is left", async () => {
  const complaint = await complaintOf(() => {
    createTask(() => sleep(DAY), { detached: true, eager: true });
    throw new Error("mine");
  });
  assertEquals(complaint, "mine");
});
