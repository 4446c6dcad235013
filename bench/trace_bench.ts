/**
 * `deno run -A bench/trace_bench.ts`: what a trace costs, an event and in memory. With `--against FOLDER`: what it costs not
 * to trace, beside another checkout of this repository. Interleaved, so that whatever else the machine does falls on all
 * alike.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { watch } from "../lib/core/instrument.ts";
import { startTrace } from "../lib/trace/trace.ts";
import * as ours from "../mod.ts";
import { median } from "./statistics.ts";

type Toolkit = Pick<typeof ours, "createTask" | "gather" | "sleep">;

const N = 10_000;
const ROUNDS = 40;

/** What is measured: each waits as often as any task does. */
const LOADS: Record<string, (toolkit: Toolkit) => Promise<unknown>> = {
  "gather of functions": ({ gather }) => gather(Array.from({ length: N }, () => body)),
  "gather of naps": ({ gather, sleep }) => gather(Array.from({ length: N }, () => () => sleep(0))),
  "tasks": async ({ createTask }) => {
    const tasks = Array.from({ length: N }, () => createTask(body));
    for (const task of tasks) await task;
  },
};

async function body(): Promise<void> {
  await null;
}

async function time(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

async function traced(run: () => Promise<unknown>): Promise<number> {
  using _ = startTrace();
  return await time(run);
}

/** How many events there are in one run. */
async function count(run: () => Promise<unknown>): Promise<number> {
  let events = 0;
  const each = () => void events++;
  const unwatch = watch({ created: each, started: each, blocked: each, resumed: each, settled: each });
  await run();
  unwatch();
  return events;
}

/** What tracing costs, an event. */
async function measureOn(): Promise<void> {
  for (const [name, load] of Object.entries(LOADS)) {
    const off: number[] = [];
    const on: number[] = [];
    // The first rounds are for the compiler.
    for (let round = -5; round < ROUNDS; round++) {
      const times = [await time(() => load(ours)), await traced(() => load(ours))];
      if (round < 0) continue;
      off.push(times[0]!);
      on.push(times[1]!);
    }
    const events = await count(() => load(ours));
    const each = (median(on) - median(off)) * 1e6 / events;
    console.log(`${name}, ${N}: ${each.toFixed(0)} ns an event, of which there are ${events} (goal 2000)`);
  }
}

/** What not tracing costs, in a process in which nothing is ever traced. */
async function measureOff(folder: string): Promise<void> {
  const other: Toolkit = await import(new URL(`file://${await Deno.realPath(folder)}/mod.ts`).href);
  for (const [name, load] of Object.entries(LOADS)) {
    const here: number[] = [];
    const there: number[] = [];
    for (let round = -10; round < 5 * ROUNDS; round++) {
      // Whoever comes second pays for the garbage of the first.
      const first = round % 2 === 0 ? [ours, here] as const : [other, there] as const;
      const second = round % 2 === 0 ? [other, there] as const : [ours, here] as const;
      for (const [toolkit, times] of [first, second]) {
        const ms = await time(() => load(toolkit));
        if (round >= 0) times.push(ms);
      }
    }
    const ratio = median(here) / median(there);
    console.log(`${name}, ${N}: untraced ${ratio.toFixed(3)} of ${folder} (goal 1.03)`);
  }
}

/** What a full trace takes. */
async function measureMemory(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) return console.log("memory: with --v8-flags=--expose-gc");
  gc();
  const empty = Deno.memoryUsage().heapUsed;
  using trace = startTrace();
  for (let i = 0; i < 30; i++) await LOADS["gather of naps"]!(ours);
  gc();
  const full = Deno.memoryUsage().heapUsed;
  trace.stop();
  console.log(`memory: ${((full - empty) / 2 ** 20).toFixed(1)} MiB when full (100 000 spans and waits)`);
}

const { against } = parseArgs(Deno.args, { string: ["against"] });
if (against !== undefined) await measureOff(against);
else {
  await measureOn();
  await measureMemory();
}
