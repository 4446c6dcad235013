// Runs the command line as its users do: as a process.

/** How a process ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a process is started with. */
export interface Surroundings {
  /** Added to the variables that Deno itself needs; no others are there. */
  readonly env?: Record<string, string>;
  /** What comes from standard input. */
  readonly stdin?: string;
  /** Instead of what `deno task demo` grants. */
  readonly permissions?: readonly string[];
}

/** What `deno task demo` grants. */
const PERMISSIONS = ["--allow-net=127.0.0.1", "--allow-read", "--allow-write"];

/** Those that Deno needs to find its cache, and a module registry that can be reached. */
const NEEDED = ["HOME", "PATH", "DENO_DIR", "JSR_URL", "NPM_CONFIG_REGISTRY", "TMPDIR"];

/** Start `asyncio` with arguments. */
export function start(args: readonly string[], { env = {}, permissions = PERMISSIONS, stdin }: Surroundings = {}) {
  const inherited = NEEDED.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, new URL("../../cli.ts", import.meta.url).href, ...args],
    env: { ...Object.fromEntries(inherited), ...env },
    clearEnv: true,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) new Blob([stdin]).stream().pipeTo(process.stdin);
  return process;
}

/** Run `asyncio` with arguments, to its end. */
export async function asyncio(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  const { code, stdout, stderr } = await start(args, surroundings).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
