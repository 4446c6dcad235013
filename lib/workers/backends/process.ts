import type { ChildProcess } from "node:child_process";
import { depth, type Listener, type RunningWorker, type StartOptions, type WorkerPermissions } from "./backend.ts";
import { contextCarries } from "../../core/context.ts";
import { watchOver } from "../../process/watchdog.ts";
import { inspectBriefly } from "../../core/checks.ts";
import type { Boot, ToWorker } from "../wire/protocol.ts";
import { type Stopped, WorkerCrashedError, WorkerLoadError, WorkerOutOfMemoryError } from "../call/worker_error.ts";
import { bootUrl, programText } from "../inside/program.ts";

// More than 300 lines, as what a process may do, what it sees and what it outlives is one promise.

/**
 * Start a worker as a process of its own: a kill is a kill on every version, running out of memory takes nothing else along, and
 * each has its own permissions, by default none. Processes cost more (80 ms to start, 40 MB, 90 µs a call), share no memory, and
 * copy what other backends transfer. Needs `--allow-run` for `deno`, and `--allow-env=NODE_V8_COVERAGE`, which
 * `node:child_process` insists on.
 *
 * Each is in a process group of its own: Ctrl-C in a terminal is for the program, which may let its calls clean up. None
 * outlives the program, however that ends.
 */
export async function startProcess(options: StartOptions, listener: Listener): Promise<RunningWorker> {
  if (Deno.build.standalone) {
    throw new WorkerLoadError("Cannot start a worker process as a compiled program has no deno to run it with");
  }
  const flags = permissionFlags(options.permissions);
  const { spawn } = await import("node:child_process");
  const config = projectConfig();
  if (config !== null) flags.push("--config", config);
  const args = ["run", "--no-prompt", "--quiet", ...flags, programFor(depth + 1, withheld(options.permissions)).href];
  const child = spawn(Deno.execPath(), args, {
    env: environment(options),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
    // There it would open a window.
    detached: Deno.build.os !== "windows",
  });
  return new Process(child, options, listener);
}

function programFor(depth: number, withheld: string[]): URL {
  const boot: Omit<Boot, "shared"> = { lock: "", depth, carries: contextCarries() };
  return bootUrl(
    `for (const name of ${JSON.stringify(withheld)}) {
      // The promise that a sandbox makes is too important to rely on how flags are passed on.
      if (Deno.permissions.querySync({ name }).state === "granted") throw new Error(\`\${name} should not be granted\`);
    }
    begin(${JSON.stringify(programText())})(${JSON.stringify({ ...boot, shared: null })}, {
      post: (message, transfer) => process.send(structuredClone(message, { transfer: transfer ?? [] })),
      listen: (onMessage) => process.on("message", onMessage),
    }, AsyncLocalStorage);
    // Without the program that it works for there is nothing to do. A function may keep it from hearing of that.
    process.on("disconnect", () => exit(0));
    new Worker(${JSON.stringify(watchUrl())}, { type: "module" });`,
    `import process from "node:process";
const { exit } = Deno;
// These outlive the process, and all others of this project have the same.
for (const name of ["localStorage", "caches"]) delete globalThis[name];
delete Deno.openKv;`,
  );
}

/** How each permission asks about one of its values. */
const QUERIES: Readonly<Record<keyof WorkerPermissions, (value?: string) => Deno.PermissionDescriptor>> = {
  read: (path) => ({ name: "read", ...(path !== undefined && { path }) }),
  write: (path) => ({ name: "write", ...(path !== undefined && { path }) }),
  net: (host) => ({ name: "net", ...(host !== undefined && { host }) }),
  env: (variable) => ({ name: "env", ...(variable !== undefined && { variable }) }),
  run: (command) => ({ name: "run", ...(command !== undefined && { command }) }),
  ffi: (path) => ({ name: "ffi", ...(path !== undefined && { path }) }),
  sys: (kind) => ({ name: "sys", ...(kind !== undefined && { kind: kind as "hostname" }) }),
  import: (host) => ({ name: "import", ...(host !== undefined && { host }) }) as unknown as Deno.PermissionDescriptor,
};

const NAMES = Object.keys(QUERIES) as (keyof WorkerPermissions)[];

/** Those that `permissions` gives nothing of. */
function withheld(permissions: WorkerPermissions = {}): string[] {
  return NAMES.filter((name) => {
    const value = permissions[name];
    return name !== "import" &&
      (value === undefined || value === false || (Array.isArray(value) && value.length === 0));
  });
}

/**
 * The command line flags for `permissions`. Nobody can hand on what they do not have. What is not given is denied in so many
 * words: to a `deno run` with no word of permissions, `node:child_process` adds `--allow-all`.
 *
 * @throws {TypeError} When one is unknown, or of the wrong kind.
 * @throws {Deno.errors.NotCapable} When the program itself does not have one of them.
 */
function permissionFlags(permissions: WorkerPermissions = {}): string[] {
  const flags = [...withheld(permissions).map((name) => `--deny-${name}`), ...importFlags(permissions.import)];
  for (const [name, value] of Object.entries(permissions)) {
    const query = Object.hasOwn(QUERIES, name) ? QUERIES[name as keyof WorkerPermissions] : undefined;
    if (query === undefined) {
      throw new TypeError(
        `Cannot give a worker permission "${name}" as there is no such one: known are ${NAMES.join(", ")}`,
      );
    }
    if (value === undefined || value === false) continue;
    if (value === true) {
      checkOwn(name, query());
      flags.push(`--allow-${name}`);
      continue;
    }
    if (!Array.isArray(value) || value.some((each) => typeof each !== "string" || each === "" || each.includes(","))) {
      throw new TypeError(
        `Cannot give a worker permission "${name}" as it must be true, false or a list of names without commas: ` +
          `current value is ${inspectBriefly(value)}`,
      );
    }
    for (const each of value) checkOwn(name, query(each), each);
    if (value.length > 0) flags.push(`--allow-${name}=${value.join(",")}`);
  }
  return flags;
}

/**
 * Code is fetched from where the request may tell anything to anybody. Nobody said a word of it: what the program has in its
 * cache is there, and nothing is fetched. No: not even that. To deny it in so many words has no effect on Deno 2.9.
 */
function importFlags(value: boolean | readonly string[] | undefined): string[] {
  if (value === undefined) return ["--cached-only"];
  if (value === false || (Array.isArray(value) && value.length === 0)) {
    return ["--allow-import=deny.invalid", "--no-remote", "--no-npm"];
  }
  return [];
}

function checkOwn(name: string, descriptor: Deno.PermissionDescriptor, value?: string): void {
  if (Deno.permissions.querySync(descriptor).state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Cannot give a worker permission "${name}"${
      value === undefined ? "" : ` for "${value}"`
    } as this program does not ` +
      `have it: run again with the --allow-${name} flag`,
  );
}

/** How often a worker process looks whether its program is there, in milliseconds. */
const WATCH = 200;

/** A thread that ends the process when the program has: nothing that the function does can keep it from that. */
function watchUrl(): string {
  const text = `const parent = ${Deno.pid};
setInterval(() => {
  if (Deno.ppid !== parent) Deno.kill(Deno.pid, "SIGKILL");
}, ${WATCH});`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

let knownConfig: string | null | undefined;

/**
 * The `deno.json` that this program was started with, as far as it may know: the nearest above its main module. Worker
 * processes are given it, so that the names of its import map mean the same there. `null` when there is none, or when it
 * may not be read; what `--config` and `--import-map` said at the start is nowhere to be read.
 */
function projectConfig(): string | null {
  return knownConfig ??= search();
}

function search(): string | null {
  let directory: URL;
  try {
    // Workers have none, and that of some programs is no file.
    directory = new URL(".", Deno.mainModule);
  } catch {
    return null;
  }
  while (directory.protocol === "file:") {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = pathOf(new URL(name, directory));
      if (isFile(path)) return path;
    }
    const above = new URL("..", directory);
    if (above.href === directory.href) break;
    directory = above;
  }
  return null;
}

function pathOf({ pathname }: URL): string {
  const path = decodeURIComponent(pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

function isFile(path: string): boolean {
  // Nobody is to be asked for it.
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** What Deno needs to find its cache and its registry, as far as this program may know of it. */
const NEEDED = [
  "PATH",
  "HOME",
  "DENO_DIR",
  "XDG_CACHE_HOME",
  "LOCALAPPDATA",
  "SystemRoot",
  "TMPDIR",
  "JSR_URL",
  "NO_COLOR",
  // How times and texts are written.
  "TZ",
  "LANG",
  "LANGUAGE",
  "LC_ALL",
  "LC_COLLATE",
  "LC_NUMERIC",
  "LC_TIME",
];

function environment({ limits, permissions }: StartOptions): Record<string, string> {
  // What it may read is there to be read.
  const granted = permissions?.env;
  const env: Record<string, string> = granted === true ? Deno.env.toObject() : {};
  for (const name of Array.isArray(granted) ? [...NEEDED, ...granted] : NEEDED) {
    if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") continue;
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  const flags: string[] = [];
  if (limits?.maxOldGenerationSizeMb !== undefined) flags.push(`--max-old-space-size=${limits.maxOldGenerationSizeMb}`);
  if (limits?.maxYoungGenerationSizeMb !== undefined) {
    flags.push(`--max-semi-space-size=${limits.maxYoungGenerationSizeMb}`);
  }
  if (flags.length > 0) env.DENO_V8_FLAGS = flags.join(",");
  return env;
}

/** How V8 ends a process that is out of memory. */
const FATAL: readonly unknown[] = ["SIGTRAP", "SIGILL", "SIGABRT"];

class Process implements RunningWorker {
  readonly #child: ChildProcess;
  readonly #name: string;
  /** Takes back that it is ended, with what it has started, should this program die. */
  readonly #forget: () => Promise<void>;
  readonly #ended = Promise.withResolvers<void>();
  #stopping = false;
  #over = false;

  constructor(child: ChildProcess, { name }: StartOptions, listener: Listener) {
    this.#child = child;
    this.#name = name;
    this.#forget = child.pid === undefined ? () => Promise.resolve() : watchOver(child.pid, 0);
    child.on("message", (message) => listener.onMessage(message));
    child.on("error", (error) => {
      if (child.pid !== undefined && !this.#over) this.#kill();
      this.#end(listener, undefined, error);
    });
    child.on("exit", (code, signal) => this.#end(listener, code ?? undefined, this.#crash(signal, code)));
  }

  post(message: ToWorker, transfer: Transferable[]): void {
    // What cannot be cloned would be noticed by the receiver only; and what is transferred is not the sender's any more.
    const copy = structuredClone(message, { transfer });
    try {
      if (this.#child.connected) this.#child.send(copy);
    } catch {
      // It has just ended, which is told of in a moment.
    }
  }

  setRef(keepsAlive: boolean): void {
    if (this.#over) return;
    const channel = this.#child.channel as { ref?(): void; unref?(): void } | null | undefined;
    try {
      if (keepsAlive) this.#child.ref(), channel?.ref?.();
      else this.#child.unref(), channel?.unref?.();
    } catch {
      // Whoever killed it was quicker than the news of that.
    }
  }

  async stop(): Promise<Stopped> {
    this.#stopping = true;
    this.setRef(true);
    if (!this.#over) this.#kill();
    await this.#ended.promise;
    return "killed";
  }

  #kill(): void {
    this.#killGroup();
    this.#child.kill("SIGKILL");
  }

  /** End all that its functions have started, and itself. */
  #killGroup(): void {
    try {
      if (Deno.build.os !== "windows") Deno.kill(-this.#child.pid!, "SIGKILL");
    } catch {
      // That takes the permission to run anything; or nobody is left.
    }
  }

  #crash(signal: unknown, code: number | null): unknown {
    if (FATAL.includes(signal) || code === 133 || code === 134) {
      return new WorkerOutOfMemoryError(
        `Worker process "${this.#name}" ran out of memory (${signal ?? `code ${code}`})`,
      );
    }
    return signal ? new WorkerCrashedError(`Worker process "${this.#name}" was ended by ${signal}`) : undefined;
  }

  #end(listener: Listener, code: number | undefined, error?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    // One that was killed lets go of neither the channel nor the program.
    if (this.#child.connected) this.#child.disconnect();
    // What its functions have started does not outlive it, whatever has ended it.
    if (this.#child.pid !== undefined) this.#killGroup();
    this.#forget().then(() => {
      this.#ended.resolve();
      if (!this.#stopping) listener.onExit(code, error);
      this.#stopping = true;
    });
  }
}
