import type { ChildProcess } from "node:child_process";
import type { Backend, Listener, RunningWorker, StartOptions } from "./backend.ts";
import { contextCarries } from "../core/ambient.ts";
import { depth } from "./depth.ts";
import { permissionFlags, withheld } from "./process_permissions.ts";
import type { Boot, ToWorker } from "./protocol.ts";
import { type Stopped, WorkerCrashedError, WorkerLoadError, WorkerOutOfMemoryError } from "./worker_error.ts";
import { bootUrl, programText } from "./worker_program.ts";

/**
 * Workers as processes of their own: a kill is a kill on every version, running out of memory takes nothing else along, and
 * each has its own permissions, by default none. They cost more (80 ms to start, 40 MB, 90 µs a call), share no memory, and
 * copy what other backends transfer. Needs `--allow-run` for `deno`, and `--allow-env=NODE_V8_COVERAGE`, which
 * `node:child_process` insists on.
 */
export const processBackend: Backend = {
  name: "process",
  shares: false,
  async start(options: StartOptions, listener: Listener): Promise<RunningWorker> {
    if (Deno.build.standalone) {
      throw new WorkerLoadError("Cannot start a worker process as a compiled program has no deno to run it with");
    }
    const flags = permissionFlags(options.permissions);
    const { spawn } = await import("node:child_process");
    const args = ["run", "--no-prompt", "--quiet", ...flags, programFor(depth + 1, withheld(options.permissions)).href];
    const child = spawn(Deno.execPath(), args, {
      env: environment(options),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    return new Process(child, options, listener);
  },
};

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
    // Without the program that it works for there is nothing to do.
    process.on("disconnect", () => exit(0));`,
    'import process from "node:process";\nconst { exit } = Deno;',
  );
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
];

function environment({ limits }: StartOptions): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of NEEDED) {
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
  readonly #ended = Promise.withResolvers<void>();
  #stopping = false;

  constructor(child: ChildProcess, { name }: StartOptions, listener: Listener) {
    this.#child = child;
    this.#name = name;
    child.on("message", (message) => listener.onMessage(message as Parameters<Listener["onMessage"]>[0]));
    child.on("error", (error) => this.#end(listener, undefined, error));
    child.on("exit", (code, signal) => this.#end(listener, code ?? undefined, this.#crash(signal, code)));
  }

  post(message: ToWorker, transfer: Transferable[]): void {
    // What cannot be cloned would be noticed by the receiver only; and what is transferred is not the sender's any more.
    this.#child.send(structuredClone(message, { transfer }));
  }

  setRef(keepsAlive: boolean): void {
    const channel = this.#child.channel as { ref?(): void; unref?(): void } | null | undefined;
    if (keepsAlive) this.#child.ref(), channel?.ref?.();
    else this.#child.unref(), channel?.unref?.();
  }

  async stop(): Promise<Stopped> {
    this.#stopping = true;
    this.setRef(true);
    this.#child.kill("SIGKILL");
    await this.#ended.promise;
    return "killed";
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
    this.#ended.resolve();
    if (!this.#stopping) listener.onExit(code, error);
    this.#stopping = true;
  }
}
