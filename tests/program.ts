// Programs as processes of their own, as their users run them: Deno above all. Each takes some tenths of a second.

const CONFIG = decodeURIComponent(new URL("../deno.json", import.meta.url).pathname);
const MOD = new URL("../mod.ts", import.meta.url).href;

/** A process that takes longer than this, in milliseconds, hangs: it is ended, and its test fails. */
const LONGEST = 120_000;

/** How a process has ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** What a process is started with. */
export interface Surroundings {
  /** Environment variables, beside those of the tests. */
  readonly env?: Record<string, string>;
  /** Whether it has no variables but those of `env`. */
  readonly clearEnv?: boolean;
  readonly cwd?: string | URL;
  /** What comes from standard input, which is empty otherwise. */
  readonly stdin?: string;
}

/** A process: what it writes can be waited for, it can be sent signals, and it ends with its block at the latest. */
export class Process implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #start = performance.now();
  readonly #chunks: Uint8Array[] = [];
  readonly #texts = { stdout: "", stderr: "" };
  readonly #watchdog: ReturnType<typeof setTimeout>;
  readonly #ended: Promise<Ended>;
  #isOver = false;
  #onNews: (() => void) | null = null;

  constructor(command: string, args: readonly string[], { stdin, ...options }: Surroundings = {}) {
    this.#child = new Deno.Command(command, {
      ...options,
      args: [...args],
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#watchdog = setTimeout(() => this.kill("SIGKILL"), LONGEST);
    this.#ended = this.#seeToEnd(stdin);
  }

  /** Its number; that of no other process until it has ended. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What it has written on stdout, to the byte. */
  get bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  /** Resolves when it has written `text` on stdout, and rejects when it ends without. */
  printed(text: string): Promise<void> {
    return this.#wrote("stdout", text);
  }

  /** Resolves when it has written `text` on stderr, and rejects when it ends without. */
  complained(text: string): Promise<void> {
    return this.#wrote("stderr", text);
  }

  /** Send it a signal, if it has not ended. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Wait for its end. */
  ended(): Promise<Ended> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.kill("SIGKILL");
    await this.#ended;
  }

  async #seeToEnd(stdin: string | undefined): Promise<Ended> {
    // A program need not read all that it is given.
    const written = stdin === undefined ? null : new Blob([stdin]).stream().pipeTo(this.#child.stdin).catch(() => {});
    const [{ code }] = await Promise.all([this.#child.status, this.#read("stdout"), this.#read("stderr"), written]);
    clearTimeout(this.#watchdog);
    this.#isOver = true;
    this.#onNews?.();
    return { code, ...this.#texts, ms: performance.now() - this.#start };
  }

  async #read(stream: "stdout" | "stderr"): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child[stream]) {
      if (stream === "stdout") this.#chunks.push(chunk);
      this.#texts[stream] += decoder.decode(chunk, { stream: true });
      this.#onNews?.();
    }
  }

  #wrote(stream: "stdout" | "stderr", text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onNews = () => {
        if (this.#texts[stream].includes(text)) return resolve();
        if (!this.#isOver) return;
        reject(new Error(`It ended without ${JSON.stringify(text)}: wrote ${JSON.stringify(this.#texts)}`));
      };
      this.#onNews();
    });
  }
}

/** Start Deno: it asks for nothing, and writes without colours. */
export function startDeno(args: readonly string[], { env, ...options }: Surroundings = {}): Process {
  const quiet = { NO_COLOR: "1", DENO_NO_PROMPT: "1", DENO_NO_UPDATE_CHECK: "1" };
  return new Process(Deno.execPath(), args, { ...options, env: { ...quiet, ...env } });
}

/** Run Deno to its end. */
export function runDeno(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return startDeno(args, surroundings).ended();
}

/** What a program is run with. */
export interface ProgramOptions extends Pick<Surroundings, "env" | "stdin"> {
  /** What Deno grants it; nothing but to read the variables of `env`, if not given. */
  readonly permissions?: readonly string[];
  /** Further words for `deno run`. */
  readonly flags?: readonly string[];
  /** What a shell does before: `ulimit -n 60`. */
  readonly within?: string;
  /** The URL of a module that is loaded before the toolkit. */
  readonly first?: string;
}

/** A program of a few lines. What it writes comes without the space around it. */
export class Program extends Process {
  readonly #file: string;

  /** Start `code`, with `names` imported from the toolkit. */
  constructor(names: string, code: string, options: ProgramOptions = {}) {
    const { env = {}, permissions, flags = [], within, first, stdin } = options;
    const file = Deno.makeTempFileSync({ suffix: ".ts" });
    const before = first === undefined ? "" : `import ${JSON.stringify(first)}; `;
    Deno.writeTextFileSync(file, `${before}import { ${names} } from ${JSON.stringify(MOD)};\n${code}`);
    const variables = Object.keys(env);
    const granted = permissions ?? (variables.length === 0 ? [] : [`--allow-env=${variables}`]);
    const command = [Deno.execPath(), "run", "--no-prompt", "--config", CONFIG, ...granted, ...flags, file];
    const [program, ...args] = within === undefined ? command : ["sh", "-c", `${within}; exec "$@"`, "sh", ...command];
    super(program!, args, {
      env: { NO_COLOR: "1", ...env },
      ...stdin !== undefined && { stdin },
    });
    this.#file = file;
  }

  override async ended(): Promise<Ended> {
    const { stdout, stderr, ...ended } = await super.ended();
    await this.#remove();
    return { ...ended, stdout: stdout.trim(), stderr: stderr.trim() };
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.#remove();
  }

  async #remove(): Promise<void> {
    await Deno.remove(this.#file).catch(() => {});
  }
}

/** Run a program of a few lines to its end, with `names` imported from the toolkit. */
export function runProgram(names: string, code: string, options?: ProgramOptions): Promise<Ended> {
  return new Program(names, code, options).ended();
}
