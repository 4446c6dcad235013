import type { Ended } from "./run_script.ts";

const MOD = new URL("../../mod.ts", import.meta.url).href;

/** A program that runs, and can be sent signals. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #start = performance.now();
  readonly #texts = { stdout: "", stderr: "" };
  readonly #read: Promise<unknown>;
  #onText: (() => void) | null = null;

  /** Start `code`, with `names` imported from the toolkit. */
  constructor(names: string, code: string, env: Record<string, string> = {}) {
    const source = `import { ${names} } from ${JSON.stringify(MOD)};\n${code}`;
    const args = ["eval", "--no-config", "--no-check", "--ext=ts", source];
    this.#child = new Deno.Command(Deno.execPath(), {
      args,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all([this.#collect("stdout"), this.#collect("stderr")]);
  }

  async #collect(stream: "stdout" | "stderr"): Promise<void> {
    for await (const text of this.#child[stream].pipeThrough(new TextDecoderStream())) {
      this.#texts[stream] += text;
      this.#onText?.();
    }
  }

  /** Resolves when it has printed `text`. */
  printed(text: string): Promise<void> {
    return this.#wrote("stdout", text);
  }

  /** Resolves when it has printed `text` to stderr. */
  complained(text: string): Promise<void> {
    return this.#wrote("stderr", text);
  }

  #wrote(stream: "stdout" | "stderr", text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onText = () => this.#texts[stream].includes(text) && resolve();
      this.#onText();
    });
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<Ended> {
    const [{ code }] = await Promise.all([this.#child.status, this.#read]);
    const { stdout, stderr } = this.#texts;
    return { code, stdout: stdout.trim(), stderr: stderr.trim(), ms: performance.now() - this.#start };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.ended();
  }
}
