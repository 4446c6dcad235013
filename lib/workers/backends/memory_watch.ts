import type { Worker } from "node:worker_threads";

/** How often to look. */
const PERIOD = 100;
/** How many looks in a row must find the thread dead still. */
const LOOKS = 4;

/** What Deno's worker has, and the types of Node do not tell of yet. */
type WithUsage = Worker & { cpuUsage(): Promise<{ user: number; system: number }> };

/**
 * Watches a thread that has a memory limit, while it has something to do. When code that was called by a message exceeds
 * the limit, V8 cuts that code short without an error and without an exit, so it has to be seen from outside. Most often
 * the thread still answers, and says so itself. Otherwise it is taken to be out of memory when it answers no message, uses
 * no processor, and the program has grown by half the limit since: blocking in a system call looks the same but for that.
 */
export class MemoryWatch {
  readonly #worker: WithUsage;
  readonly #limit: number;
  readonly #ping: () => void;
  readonly #onFull: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #before = 0;
  #stillFor = 0;
  #processor = -1;

  /**
   * @param worker The thread.
   * @param megabytes Its limit.
   * @param ping Asks it to answer, with {@linkcode answered}.
   * @param onFull Called once.
   */
  constructor(worker: Worker, megabytes: number, ping: () => void, onFull: () => void) {
    this.#worker = worker as WithUsage;
    this.#limit = megabytes * 2 ** 20;
    this.#ping = ping;
    this.#onFull = onFull;
  }

  /** It has work. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#before = Deno.memoryUsage().rss;
    this.#stillFor = 0;
    this.#timer = setInterval(() => this.#look(), PERIOD);
  }

  /** It has none, or is no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** It has answered. */
  answered(cutShort: boolean, heap: number): void {
    this.#stillFor = 0;
    if ((cutShort || heap >= this.#limit) && this.#timer !== undefined) this.#full();
  }

  #full(): void {
    this.stop();
    this.#onFull();
  }

  async #look(): Promise<void> {
    this.#ping();
    const used = await this.#worker.cpuUsage().catch(() => undefined);
    if (used === undefined || this.#timer === undefined) return;
    const processor = used.user + used.system;
    this.#stillFor = processor === this.#processor ? this.#stillFor + 1 : 0;
    this.#processor = processor;
    if (this.#stillFor < LOOKS || Deno.memoryUsage().rss - this.#before < this.#limit / 2) return;
    this.#full();
  }
}
