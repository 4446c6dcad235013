// Runs the command line as its users do: as a process.
import { type Ended, Process, type Surroundings } from "../program.ts";

/** What the command line is started with. The variables are added to those that Deno itself needs; no others are there. */
export interface CliSurroundings extends Pick<Surroundings, "env" | "stdin"> {
  /** Instead of what `deno task demo` grants. */
  readonly permissions?: readonly string[];
}

const CLI = import.meta.resolve("../../cli.ts");

/** How it has ended, and what it wrote. */
export type CliEnded = Omit<Ended, "ms">;

/** What `deno task demo` grants. */
const PERMISSIONS = ["--allow-net=127.0.0.1", "--allow-read", "--allow-write"];

/** Those that Deno needs to find its cache, and a module registry that can be reached. */
const NEEDED = ["HOME", "PATH", "DENO_DIR", "JSR_URL", "NPM_CONFIG_REGISTRY", "TMPDIR"];

/** Start `asyncio` with arguments. */
export function start(
  args: readonly string[],
  { env, permissions = PERMISSIONS, stdin }: CliSurroundings = {},
): Process {
  const inherited = NEEDED.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return new Process(Deno.execPath(), ["run", "--no-prompt", ...permissions, CLI, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    clearEnv: true,
    ...stdin !== undefined && { stdin },
  });
}

/** Run `asyncio` with arguments, to its end. */
export async function asyncio(args: readonly string[], surroundings?: CliSurroundings): Promise<CliEnded> {
  const { code, stdout, stderr } = await start(args, surroundings).ended();
  return { code, stdout, stderr };
}
