// What scripts are made of, all at once and without end: a server, clients, a pipeline of processes, a watcher. It is ended from
// outside, at any moment. Run: deno run -A tests/stress/outward.ts FOLDER
import { cancellable, createTask, fetch, gather, Queue, run, sleep, taskGroup, timeout } from "../../mod.ts";
import { events } from "../../lib/flow/mod.ts";
import { serve } from "../../lib/net/mod.ts";
import { runPipeline, startProcess } from "../../lib/process/mod.ts";

const [folder = "."] = Deno.args;

/** Answers quickly, slowly, or with a stream. */
async function answer(request: Request): Promise<Response> {
  const ms = Number(new URL(request.url).searchParams.get("ms"));
  await sleep(ms);
  if (ms % 3 > 0) return new Response(`after ${ms}`);
  async function* lines() {
    for (let i = 0; i < 5; i++) {
      yield `line ${i}\n`;
      await sleep(ms);
    }
  }
  return new Response(ReadableStream.from(lines()).pipeThrough(new TextEncoderStream()));
}

async function client(url: string, number: number): Promise<void> {
  for (let round = 0;; round++) {
    const response = await timeout(1_000, () => fetch(`${url}?ms=${(number * 7 + round) % 20}`));
    await response.text();
  }
}

async function pipeline(): Promise<void> {
  for (;;) await runPipeline([["yes", "line"], ["head", "-n", "20000"], ["sort"], ["wc", "-l"]]);
}

async function shell(): Promise<void> {
  await using process = startProcess("sh", ["-c", "trap '' TERM; while :; do echo tick; sleep 0.01; done"], {
    grace: 200,
  });
  for await (const _ of process.lines()) await sleep(1);
}

async function watcher(): Promise<void> {
  const changed = new Queue<string>(1);
  createTask(async () => {
    for (let i = 0;; i++) await gather(() => Deno.writeTextFile(`${folder}/file`, `${i}`), () => sleep(5));
  });
  for await (const { kind } of cancellable(Deno.watchFs(folder))) changed.tryPut(kind);
}

async function ticks(): Promise<void> {
  const target = new EventTarget();
  createTask(async () => {
    for (;; await sleep(1)) target.dispatchEvent(new Event("tick"));
  });
  for await (const _ of events(target, "tick")) await sleep(2);
}

await run(() =>
  taskGroup(async (group) => {
    await using server = serve(answer, { hostname: "127.0.0.1", port: 0, drain: 500 });
    console.log(`listens on ${server.url}`);
    for (let number = 0; number < 10; number++) group.createTask(() => client(server.url, number));
    for (const part of [pipeline, shell, watcher, ticks]) group.createTask(part);
    await sleep(Infinity);
  })
);
