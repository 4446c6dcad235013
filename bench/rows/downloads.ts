/** Rows of `lib/download`, beside the tools that are installed. A server in a process of its own serves from memory. */

import { download } from "../../lib/download/mod.ts";
import type { Contender, Row } from "../harness.ts";

const MIB = 1 << 20;

/** Requests at a time, the same for all. */
const AT_ONCE = 16;

/** In memory where there is such a folder: the disk is not what is measured. */
const FOLDER = await Deno.makeTempDir({ prefix: "bench-", ...isFolder("/dev/shm") && { dir: "/dev/shm" } });

globalThis.addEventListener("unload", () => Deno.removeSync(FOLDER, { recursive: true }));

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

let site: Promise<string> | undefined;

/** Start the server, once. It ends when its standard input does, with this process. */
function serve(): Promise<string> {
  return site ??= (async () => {
    const server = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--allow-net=127.0.0.1", new URL("../byte_server.ts", import.meta.url).href],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    server.unref();
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await reader.read();
    reader.cancel();
    return `http://127.0.0.1:${Number(value)}`;
  })();
}

/** How many files, and how large they are, for `n`. */
type Shape = (n: number) => { count: number; size: number };

/** Time a way to download so many files into the folder, then count what has come, and remove it. */
function timed(shape: Shape, fetchAll: (urls: string[]) => Promise<unknown>): Contender {
  return async (n) => {
    const { count, size } = shape(n);
    const origin = await serve();
    const urls = Array.from({ length: count }, (_, i) => `${origin}/${size}/${i}.bin`);
    const start = performance.now();
    await fetchAll(urls);
    const ms = performance.now() - start;
    let check = 0;
    for (const { name } of Deno.readDirSync(FOLDER)) {
      check += Deno.statSync(`${FOLDER}/${name}`).size;
      Deno.removeSync(`${FOLDER}/${name}`);
    }
    return { ms, check };
  };
}

async function command(name: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(name, { args, cwd: FOLDER, stdout: "null", stderr: "piped" })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function installed(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** The library in this process, and the command in one of its own, with its start. */
const ours = (urls: string[]) => download(urls, { dir: FOLDER, concurrency: AT_ONCE, perHost: AT_ONCE });
const asCommand = (urls: string[]) =>
  command(
    Deno.execPath(),
    ...["run", "-A", new URL("../../cli.ts", import.meta.url).href, "download", "--quiet"],
    ...["--jobs", `${AT_ONCE}`, "--per-host", `${AT_ONCE}`, "--dir", FOLDER, ...urls],
  );

/** What a script does that trusts its network. */
async function bareFetch(urls: string[]): Promise<void> {
  const left = urls.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const url of left) {
      const { body } = await fetch(url);
      await Deno.writeFile(`${FOLDER}/${url.split("/").pop()}`, body!);
    }
  }));
}

const curl = (urls: string[]) =>
  command("curl", "-sS", "--parallel", "--parallel-max", `${AT_ONCE}`, "--remote-name-all", ...urls);

/** Tools by name, one of which is the floor; those that are not installed are left out. */
function tools(shape: Shape): NonNullable<Row["peers"]> {
  const each: Record<string, (urls: string[]) => Promise<unknown>> = {
    wget: async (urls) => {
      for (const url of urls) await command("wget", "-q", url);
    },
    aria2c: (urls) => command("aria2c", "-q", `-j${AT_ONCE}`, "-x1", "--file-allocation=none", "-Z", ...urls),
    wget2: (urls) => command("wget2", "-q", `--max-threads=${AT_ONCE}`, ...urls),
  };
  return Object.fromEntries(
    Object.entries(each).filter(([name]) => installed(name)).map(([name, run]) => [name, () => timed(shape, run)]),
  );
}

function beside(name: string, shape: Shape, n: number): Row {
  return {
    name,
    sizes: [n],
    expected: () => shape(n).count * shape(n).size,
    floor: timed(shape, curl),
    ours: timed(shape, ours),
    goal: 1,
    peers: {
      "asyncio download": () => timed(shape, asCommand),
      "bare fetch": () => timed(shape, bareFetch),
      ...tools(shape),
    },
    rounds: 5,
  };
}

/** The most memory that a process has taken to download a file of `n` MiB, as a share of 64 MiB. */
async function memory(n: number): Promise<{ ms: number; check: number }> {
  const url = `${await serve()}/${n * MIB}/a.bin`;
  const library = new URL("../../lib/download/mod.ts", import.meta.url).href;
  const program = `
    import { download } from ${JSON.stringify(library)};
    const [{ bytes }] = await download([${JSON.stringify(url)}], { dir: ${
    JSON.stringify(FOLDER)
  }, existing: "overwrite" });
    const [, peak] = Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\\s+(\\d+) kB/);
    console.log(JSON.stringify({ ms: peak / 1024, check: bytes }));
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--config",
      new URL("../../deno.json", import.meta.url).pathname,
      `data:application/typescript,${encodeURIComponent(program)}`,
    ],
    stdout: "piped",
  }).output();
  Deno.removeSync(`${FOLDER}/a.bin`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const oneLarge: Shape = (n) => ({ count: 1, size: n * MIB });
const someLarge: Shape = (n) => ({ count: 16, size: n / 16 * MIB });
const manySmall: Shape = (n) => ({ count: n, size: 1 << 16 });

/** All rows of downloads; those beside `curl` only where that is installed. */
export const downloadRows: Row[] = [
  ...installed("curl")
    ? [
      beside("download one file of 1 GiB (over curl, by MiB)", oneLarge, 1024),
      beside("download 16 files of 16 MiB (over curl -Z, by MiB)", someLarge, 256),
    ]
    : [],
  {
    name: "download 1000 files of 64 KiB (over a bare fetch loop)",
    sizes: [1000],
    expected: (n) => n << 16,
    floor: timed(manySmall, bareFetch),
    ours: timed(manySmall, ours),
    goal: 1,
    peers: tools(manySmall),
    rounds: 10,
  },
  ...Deno.build.os === "linux"
    ? [{
      name: "memory to download a file of so many MiB (over 64 MiB)",
      sizes: [16, 1024],
      expected: (n: number) => n * MIB,
      floor: (n: number) => Promise.resolve({ ms: 64, check: n * MIB }),
      ours: memory,
      goal: 1,
      rounds: 3,
    }]
    : [],
];
