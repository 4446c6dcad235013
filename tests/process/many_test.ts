// Many processes, cancelled at random moments: MANY_PROCESSES=1000 for all of them, which takes half a minute.
import { assert, assertEquals } from "@std/assert";
import { createTask, gather, isCancelled, run } from "../../mod.ts";
import { runPipeline, runProcess, startProcess } from "../../lib/process/mod.ts";
import type { Random } from "../../lib/testing/random.ts";
import { withSeed } from "../sync/random.ts";
import { isLinux, livingWith, marked, newMark, openFiles } from "./living.ts";
import { sh } from "./sh.ts";

const MANY = Number(Deno.env.get("MANY_PROCESSES") ?? 60);
/** How many at a time. */
const CREWS = 8;

/** Ways to have a process run for as long as nobody ends it. */
const WAYS: ((env: Record<string, string>) => unknown)[] = [
  (env) => runProcess("sleep", ["600"], { env }),
  (env) => runProcess(...sh("sleep 600 & sleep 600 & wait"), { env }),
  (env) => runProcess(...sh("(sleep 600 & sleep 600 &); sleep 600"), { env }),
  (env) => runProcess(...sh("trap '' TERM; sleep 600; sleep 600"), { env, grace: 20 }),
  (env) => runProcess("cat", [], { env, stdin: new ReadableStream<Uint8Array>() }),
  (env) => runProcess("yes", [], { env, stdout: { file: "/dev/null" } }),
  (env) => runPipeline([["sleep", "600"], ["cat"], ["cat"]], { env }),
  async (env) => {
    for await (const _ of startProcess("yes", [], { env }).lines());
  },
  async (env) => {
    await using process = startProcess("cat", [], { env, stdin: "piped" });
    await process.stdin.getWriter().write(new Uint8Array(1 << 20));
    await process.status();
  },
];

async function startAndCancel(random: Random, env: Record<string, string>): Promise<void> {
  const task = createTask(() => WAYS[random.below(WAYS.length)]!(env));
  await new Promise((resolve) => setTimeout(resolve, random.below(60)));
  task.cancel();
  const settled = await task.settled();
  assert(settled.status === "rejected" && isCancelled(settled.reason), Deno.inspect(settled));
}

Deno.test({
  name: `${MANY} processes that are cancelled at random moments leave no process and no open file`,
  ignore: !isLinux,
  fn: () =>
    withSeed(async (random) => {
      const mark = newMark();
      const env = marked(mark);
      const crew = (many: number) => async () => {
        for (let n = 0; n < many; n++) await startAndCancel(random, env);
      };
      await crew(WAYS.length)();
      const before = openFiles();
      await run(() => gather(Array.from({ length: CREWS }, () => crew(Math.ceil(MANY / CREWS)))));
      assertEquals(livingWith(mark), []);
      assertEquals(openFiles() - before, 0);
    }),
});
