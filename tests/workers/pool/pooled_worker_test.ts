// The states of one worker, with a backend that does nothing.
import { assertEquals } from "@std/assert";
import { settingsOf } from "../../../lib/workers/pool/options.ts";
import { PooledWorker } from "../../../lib/workers/pool/pooled_worker.ts";
import { From } from "../../../lib/workers/wire/protocol.ts";

function make(): { worker: PooledWorker; told: string[] } {
  const told: string[] = [];
  const running = { post() {}, setRef() {}, stop: () => Promise.resolve("terminated" as const) };
  const backend = { name: "thread", shares: false, start: () => Promise.resolve(running) } as const;
  const worker = new PooledWorker("w", { ...settingsOf({}), backend }, {
    onFree: () => told.push("free"),
    onGone: () => told.push("gone"),
    onStopped: (_, stopped) => told.push(stopped),
    onEnding() {},
  });
  worker.start();
  return { worker, told };
}

Deno.test("a worker takes calls from when it says that it is ready until it is stopped", async () => {
  const { worker, told } = make();
  await Promise.resolve();
  const states = [worker.ready];
  worker.onMessage([From.READY]);
  states.push(worker.ready);
  await worker.stop();
  states.push(worker.ready);
  assertEquals([states, told], [[false, true, false], ["free", "gone", "terminated"]]);
});

Deno.test("a worker that is stopped twice is stopped once", async () => {
  const { worker, told } = make();
  await Promise.all([worker.stop(), worker.stop()]);
  worker.onExit(0);
  await worker.stop();
  assertEquals(told, ["gone", "terminated"]);
});

Deno.test("a worker that says twice that it is ready is ended", async () => {
  const { worker, told } = make();
  await Promise.resolve();
  worker.onMessage([From.READY]);
  worker.onMessage([From.READY]);
  await worker.stop();
  // Of one that is gone nothing is heard.
  worker.onMessage([From.READY]);
  assertEquals([worker.ready, told], [false, ["free", "gone", "terminated"]]);
});
