// The debug mode of run(). Each test starts a process, some 100 ms.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Program } from "../program.ts";

/** Time passes by `block` and by timers, and not while the machine is busy with something else. */
const OWN_TIME = `
  import { realTime } from ${JSON.stringify(new URL("../../lib/core/platform.ts", import.meta.url).href)};
  const { setTimeout: once, setInterval: again } = realTime;
  let now = 0;
  const until = (due) => now = Math.max(now, due);
  realTime.now = () => now;
  realTime.setTimeout = (fn, ms, due = now + ms) => once(() => { until(due); fn(); }, ms);
  realTime.setInterval = (fn, ms, due = now) => again(() => { until(due += ms); fn(); }, ms);
  const block = (ms) => until(now + ms);
`;

/** An event loop that is blocked in real time. */
const BLOCK = `
  function block(ms) {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }
`;

/** Run `main` in debug mode. */
async function debug(
  main: string,
  options = "{ debug: true }",
  env: Record<string, string> = {},
  block = OWN_TIME,
): Promise<string> {
  const names = "checkpoint, createTask, gather, run, sleep, timeout";
  await using program = new Program(names, `${block}\nawait run(${main}, ${options});`, { env });
  const { code, stderr } = await program.ended();
  assertEquals(code, 0);
  return stderr;
}

Deno.test("run({ debug: true }) names the task of a slow step that ends in a wait, and where it was created", async () => {
  const stderr = await debug(`async function main() {
    await gather(
      () => sleep(300),
      async function greedy() { await sleep(10); block(150); await sleep(1); },
    );
  }`);
  assertMatch(
    stderr,
    /^Task "greedy-\d+" \(created at .*\) held the event loop for \d{3,} ms\. Call checkpoint\(\).*runInWorker\(\)\.$/,
  );
});

Deno.test("run({ debug: true }) names the task of a slow step that ends the task, or that starts another", async () => {
  const stderr = await debug(`async () => {
    await createTask(() => block(150), { name: "one step" });
    await createTask(() => { block(150); return createTask(() => {}); }, { name: "parent" });
    await createTask(() => { block(150); return timeout(1_000, () => {}); }, { name: "timed" });
  }`);
  const names = [...stderr.matchAll(/^Task "(.*)" \(created at .*\) held/gm)].map(([, name]) => name);
  assertEquals(names, ["one step", "parent", "timed"]);
});

Deno.test("run({ debug: true }) tells which task it may have been when a slow step ends in a foreign wait", async () => {
  const stderr = await debug(`async () => {
    createTask(() => sleep(60_000), { name: "innocent" });
    await createTask(async () => {
      await sleep(10);
      block(150);
      // Longer than the heartbeat takes, which is to notice first.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }, { name: "suspect" });
  }`);
  assertMatch(stderr, /^Something, perhaps .*Task "suspect" \(created at .*\), held the event loop for \d{3,} ms\./m);
  assert(!stderr.includes("innocent"));
});

Deno.test("run({ debug: true }) is silent about steps that are short, and about waits that are long", async () => {
  const main = `async () => {
    for (let i = 0; i < 8; i++) { block(15); await checkpoint(); }
    await sleep(150);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }`;
  const stderr = await debug(main);
  assertEquals(stderr, "");
});

Deno.test("run() is in debug mode when ASYNCIO_DEBUG says so and may be read", async () => {
  const main = `() => block(150)`;
  const held = async (value: string) => (await debug(main, "{}", { ASYNCIO_DEBUG: value }, BLOCK)).includes("held");
  assertEquals(await Promise.all(["1", "0", "", "false", "true"].map(held)), [true, false, false, false, true]);
  assert(!(await debug(main, "{ debug: false }", { ASYNCIO_DEBUG: "1" })).includes("held"));
});
