import { linesOf } from "./lines.ts";
import type { Contender, Row } from "./row.ts";

/** What a contender took for a round, on the average of as many as fitted into the time. */
export interface Turn {
  /** Milliseconds or bytes. */
  cost: number;
  rounds: number;
}

/** A contender takes longer than this for one answer: it is given up. */
const PATIENCE = 120_000;

/** The core that rows of one core run on: the last one, since the first has more interrupts to serve. */
const CORE = navigator.hardwareConcurrency - 1;

/** One contender in a process of its own, which does a round when it is asked to. */
export class ContenderProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #errors: Promise<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  private constructor(row: Row, name: string, contender: Contender) {
    const [program, ...args] = commandOf(row, name, contender);
    this.#process = new Deno.Command(program!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    this.#lines = linesOf(this.#process.stdout);
    this.#errors = new Response(this.#process.stderr).text();
    this.#input = this.#process.stdin.getWriter();
  }

  /** Start it, and wait until it has loaded what it needs. Rejects when it cannot. */
  static async start(row: Row, name: string, contender: Contender): Promise<ContenderProcess> {
    const started = new ContenderProcess(row, name, contender);
    try {
      await started.#answer();
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }

  /** Let it do rounds for `n` items, until at least so many milliseconds have passed. */
  async turn(n: number, atLeast: number): Promise<Turn> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify({ n, atLeast })}\n`));
    return await this.#answer() as unknown as Turn;
  }

  async #answer(): Promise<Record<string, unknown>> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), PATIENCE);
    try {
      // Whatever else a library prints is not for us.
      for (let next; !(next = await this.#lines.next()).done;) {
        if (!next.value.startsWith("{")) continue;
        const answer = JSON.parse(next.value);
        if ("failure" in answer) throw new Error(answer.failure);
        return answer;
      }
    } finally {
      clearTimeout(timer);
    }
    const { code, signal } = await this.#process.status;
    const errors = (await this.#errors).trim().split("\n");
    const last = errors.find((line) => /error/i.test(line)) ?? errors.at(-1);
    throw new Error(`ended with ${signal ?? code}: ${last}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#process.status;
    await this.#errors;
  }
}

function commandOf(row: Row, name: string, contender: Contender): readonly string[] {
  const command = typeof contender === "function"
    ? [
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      "--config",
      new URL("../deno.json", import.meta.url).pathname,
      "--v8-flags=--max-old-space-size=6000,--expose-gc",
      new URL("./contender.ts", import.meta.url).href,
      row.name,
      name,
    ]
    : [...contender.command, row.name];
  return row.pinned ? ["taskset", "-c", `${CORE}`, ...command] : command;
}
