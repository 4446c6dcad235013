/** Rows of what a trace costs, and what it costs to be able to make one. */

import { body, many } from "../floors/work.ts";
import type { Load, Outcome, Round, Row } from "../row.ts";

type Toolkit = Pick<typeof import("../../mod.ts"), "createTask" | "gather" | "sleep">;

const LIB = new URL("../../lib/", import.meta.url);

/** The toolkit as if nobody could watch it: a copy in which the watcher is a constant, that the compiler leaves out. */
async function unwatchable(): Promise<Toolkit> {
  const copy = `${await Deno.makeTempDir({ prefix: "bench-" })}/`;
  globalThis.addEventListener("unload", () => Deno.removeSync(copy, { recursive: true }));
  await copyFolder(LIB, new URL(`file://${copy}lib/`));
  await Deno.copyFile(new URL("../mod.ts", LIB), `${copy}mod.ts`);
  const hooks = `${copy}lib/core/instrument.ts`;
  const text = await Deno.readTextFile(hooks);
  const constant = text.replace(/export let (instrument: [^=]+) = null;/, "export const $1 = null;")
    .replaceAll("instrument = broadcast();", "");
  if (constant.includes("export let")) throw new Error("the hooks are not where they were");
  await Deno.writeTextFile(hooks, constant);
  return await import(`file://${copy}mod.ts`);
}

async function copyFolder(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), new URL(`${name}/`, to));
    else await Deno.copyFile(new URL(name, from), new URL(name, to));
  }
}

/** Each waits as often as any task does. */
async function naps({ gather, sleep }: Toolkit, n: number): Promise<number> {
  const woken = await gather(many(n, () => () => sleep(0, 1)));
  return woken.length;
}

async function tasks({ createTask }: Toolkit, n: number): Promise<number> {
  let done = 0;
  for (const task of many(n, () => createTask(body))) done += await task;
  return done;
}

const toolkit = (): Promise<Toolkit> => import("../../mod.ts");

function load(work: (toolkit: Toolkit, n: number) => Promise<number>, get: () => Promise<Toolkit>): Load {
  return async () => {
    const toolkit = await get();
    return (n) => work(toolkit, n);
  };
}

function traced(work: (toolkit: Toolkit, n: number) => Promise<number>): Load {
  return async () => {
    const [ours, { startTrace }] = await Promise.all([toolkit(), import("../../lib/trace/mod.ts")]);
    return async (n) => {
      using _ = startTrace();
      return await work(ours, n);
    };
  };
}

/** What an event takes, times n: the difference that a trace makes to so many naps, over what happens in them. */
const event: Load = async (): Promise<Round> => {
  const [ours, { startTrace }, { watch }] = await Promise.all([
    toolkit(),
    import("../../lib/trace/mod.ts"),
    import("../../lib/core/instrument.ts"),
  ]);
  async function time(n: number): Promise<number> {
    const start = performance.now();
    await naps(ours, n);
    return performance.now() - start;
  }
  return async (n): Promise<Outcome> => {
    let events = 0;
    const each = () => void events++;
    const unwatch = watch({ created: each, started: each, blocked: each, resumed: each, settled: each });
    await naps(ours, n);
    unwatch();
    const untraced = await time(n);
    const trace = startTrace();
    const extra = await time(n) - untraced;
    trace.stop();
    return { cost: Math.max(0, extra) / events * n, check: n };
  };
};

function untracedRow(name: string, work: (toolkit: Toolkit, n: number) => Promise<number>): Row {
  return {
    name,
    against: "the same toolkit without the hooks",
    sizes: [1_000, 10_000, 100_000],
    expected: (n) => n,
    floor: load(work, unwatchable),
    ours: load(work, toolkit),
    goal: 1.03,
    peers: { "while a trace is made": traced(work) },
  };
}

/** The rows. */
export const tracingRows: Row[] = [
  {
    ...untracedRow("naps that nobody traces", naps),
    reason: "The spread is wider than what is looked for: 1.03 ± 0.38 in another run, and 0.97 for 100 000.",
  },
  untracedRow("tasks that nobody traces", tasks),
  {
    name: "an event in a trace",
    against: "2 µs",
    sizes: [1_000, 10_000, 50_000],
    expected: (n) => n,
    floor: () => (n) => Promise.resolve({ cost: n * 0.002, check: n }),
    ours: event,
    goal: 1,
  },
];
