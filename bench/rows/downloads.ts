/** Rows of `lib/download`, beside the tools that are installed. A server in a process of its own serves from memory. */

import { serve } from "../byte_site.ts";
import { many } from "../floors/work.ts";
import { folder } from "../folder.ts";
import type { Contender, Load, Outcome, Round, Row } from "../row.ts";

const MIB = 1 << 20;

/** Requests at a time, the same for all. */
const AT_ONCE = 16;

/** How many files, and how large they are, for `n`. */
type Shape = (n: number) => { count: number; size: number };

/** Time a way to download so many files into the folder, then count what has come, and remove it. */
function timed(shape: Shape, fetchAll: (urls: string[]) => Promise<unknown>): Round {
  return async (n) => {
    const { count, size } = shape(n);
    const origin = await serve();
    const urls = Array.from({ length: count }, (_, i) => `${origin}/${size}/${i}.bin`);
    const dir = folder();
    const start = performance.now();
    await fetchAll(urls);
    const cost = performance.now() - start;
    let check = 0;
    for (const { name } of Deno.readDirSync(dir)) {
      check += Deno.statSync(`${dir}/${name}`).size;
      Deno.removeSync(`${dir}/${name}`);
    }
    return { cost, check };
  };
}

async function command(name: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(name, { args, cwd: folder(), stdout: "null", stderr: "piped" })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** The library in this process. */
function ours(shape: Shape): Load {
  return async () => {
    const { download } = await import("../../lib/download/mod.ts");
    return timed(shape, (urls) => download(urls, { dir: folder(), concurrency: AT_ONCE, perHost: AT_ONCE }));
  };
}

/** The command in a process of its own, with its start. */
const asCommand = (urls: string[]) =>
  command(
    Deno.execPath(),
    ...["run", "-A", new URL("../../cli.ts", import.meta.url).href, "download", "--quiet"],
    ...["--jobs", `${AT_ONCE}`, "--per-host", `${AT_ONCE}`, "--dir", folder(), ...urls],
  );

/** What a script does that trusts its network. As a script that runs once, each round makes its own connections. */
async function bareFetch(urls: string[]): Promise<void> {
  const left = urls.values();
  using client = Deno.createHttpClient({ http2: false });
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const url of left) {
      const { body } = await fetch(url, { client });
      await Deno.writeFile(`${folder()}/${url.split("/").pop()}`, body!);
    }
  }));
}

const curl = (urls: string[]) =>
  command("curl", "-sS", "--parallel", "--parallel-max", `${AT_ONCE}`, "--remote-name-all", ...urls);
const wget = async (urls: string[]) => {
  for (const url of urls) await command("wget", "-q", url);
};
const wget2 = (urls: string[]) => command("wget2", "-q", `--max-threads=${AT_ONCE}`, ...urls);
const aria2c = (urls: string[]) =>
  command("aria2c", "-q", `-j${AT_ONCE}`, "-x1", "--file-allocation=none", "-Z", ...urls);

function tools(shape: Shape): Record<string, Contender> {
  return {
    aria2c: () => timed(shape, aria2c),
    wget: () => timed(shape, wget),
    wget2: () => timed(shape, wget2),
  };
}

function besideCurl(name: string, shape: Shape, sizes: number[], goal: Record<number, number>): Row {
  return {
    name,
    against: "`curl --parallel`",
    sizes,
    expected: (n) => shape(n).count * shape(n).size,
    floor: () => timed(shape, curl),
    ours: ours(shape),
    goal,
    peers: {
      "asyncio download": () => timed(shape, asCommand),
      "bare fetch": () => timed(shape, bareFetch),
      ...tools(shape),
    },
    rounds: 7,
  };
}

/** The most memory that a process has taken for its downloads. */
async function memory({ count, size }: ReturnType<Shape>): Promise<Outcome> {
  const server = await serve();
  const urls = many(count, (i) => `${server}/${size}/${i}.bin`);
  const library = new URL("../../lib/download/mod.ts", import.meta.url).href;
  const dir = folder();
  const program = `
    import { download } from ${JSON.stringify(library)};
    const results = await download(${JSON.stringify(urls)}, { dir: ${JSON.stringify(dir)}, existing: "overwrite" });
    const bytes = results.reduce((sum, { bytes }) => sum + bytes, 0);
    const [, peak] = Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\\s+(\\d+) kB/);
    console.log(JSON.stringify({ cost: peak * 1024, check: bytes }));
  `;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", config, `data:application/typescript,${encodeURIComponent(program)}`],
    stdout: "piped",
  }).output();
  for (let i = 0; i < count; i++) Deno.removeSync(`${dir}/${i}.bin`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const oneLarge: Shape = (n) => ({ count: 1, size: n * MIB });
const someLarge: Shape = (n) => ({ count: 16, size: n / 16 * MIB });
const manySmall: Shape = (n) => ({ count: n, size: 1 << 16 });

/** The rows. */
export const downloadRows: Row[] = [
  besideCurl("download one file, by MiB", oneLarge, [16, 128, 1024], { 1024: 1 }),
  {
    ...besideCurl("download 16 files, by MiB", someLarge, [16, 256, 1024], { 256: 0.9 }),
    reason: "0.72, 0.80 and 0.82 in three runs of this row by itself: both are bound by the kernel's copying.",
  },
  {
    name: "download files of 64 KiB",
    against: "a bare `fetch` loop at the same concurrency",
    sizes: [100, 1000, 4000],
    expected: (n) => n << 16,
    floor: () => timed(manySmall, bareFetch),
    ours: ours(manySmall),
    goal: { 1000: 1 },
    peers: tools(manySmall),
    rounds: 11,
    reason:
      "What is guaranteed by itself (a part under a lock, one write, a link to the final name that replaces nothing, and the " +
      "removal of the part), written by hand with no toolkit around it, takes 0.95 to 1.1 of the loop's time. Tasks, the " +
      "schedule of the hosts, time limits and events are another 30 to 70 µs a file, spread thinly: 20 where nothing else " +
      "runs, and more where each file goes through the caches in between. 1.19 to 1.42 in four runs by itself.",
  },
  {
    name: "memory to download a file, by MiB",
    against: "64 MiB",
    sizes: [16, 128, 1024],
    expected: (n) => n * MIB,
    floor: () => (n) => Promise.resolve({ cost: 64 * MIB, check: n * MIB }),
    ours: () => (n) => memory(oneLarge(n)),
    goal: 1,
    unit: "bytes",
    whole: true,
    rounds: 3,
  },
  {
    name: "memory to download 16 files, by MiB",
    against: "64 MiB",
    sizes: [16, 256, 1024],
    expected: (n) => n * MIB,
    floor: () => (n) => Promise.resolve({ cost: 64 * MIB, check: n * MIB }),
    ours: () => (n) => memory(someLarge(n)),
    goal: { 256: 1 },
    unit: "bytes",
    whole: true,
    rounds: 3,
  },
];
