import type * as NodeThreads from "node:worker_threads";
import { depth, type Listener, type RunningWorker, type StartOptions } from "./backend.ts";
import { contextCarries } from "../../core/context.ts";
import { realTime } from "../../core/platform.ts";
import { type Boot, From, To, type ToWorker } from "../wire/protocol.ts";
import { isDead, newLockName } from "./stop_proof.ts";
import { type Stopped, WorkerOutOfMemoryError } from "../call/worker_error.ts";
import { bootUrl, programText } from "../inside/program.ts";

/** How long a terminated thread may take to die: a sort of ten million numbers takes 1.6 s. */
const DYING = 2_000;

/**
 * Start a worker as a thread, by `node:worker_threads`: as on Node threads tell of their end, and need not keep the program alive.
 * A thread that is terminated while it holds a Web Lock really stops on Deno 2.9.6, also in the middle of `for (;;) {}`.
 */
export async function startThread(options: StartOptions, listener: Listener): Promise<RunningWorker> {
  // Not before it is needed: it is most of what a worker costs a program that has none.
  return new Thread(await import("node:worker_threads"), options, listener);
}

let url: URL | undefined;

class Thread implements RunningWorker {
  readonly #worker: NodeThreads.Worker;
  readonly #lock = newLockName();
  readonly #watch: MemoryWatch | null;
  #stopping = false;
  /** How often it was asked whether it is alive, and has not said so. */
  #pings = 0;

  constructor(threads: typeof NodeThreads, { limits, shared, name }: StartOptions, listener: Listener) {
    url ??= bootUrl(
      `begin(workerData.program)(workerData.boot, {
        post: (message, transfer) => parentPort.postMessage(message, transfer),
        // Its "on" looks at every element of a typed array.
        listen: (onMessage) => parentPort.addEventListener("message", ({ data }) => onMessage(data)),
      }, AsyncLocalStorage);`,
      'import { parentPort, workerData } from "node:worker_threads";',
    );
    const boot: Boot = { lock: this.#lock, shared, depth: depth + 1, carries: contextCarries() };
    // A shared environment is looked at when the worker does; by default it is copied here and now, which asks the user
    // of a terminal for permission to read all of it.
    const env = threads.SHARE_ENV as unknown as NodeThreads.WorkerOptions["env"];
    this.#worker = new threads.Worker(url, {
      workerData: { boot, program: programText() },
      name,
      env,
      ...(limits && { resourceLimits: limits }),
    });
    const megabytes = limits?.maxOldGenerationSizeMb;
    this.#watch = megabytes === undefined ? null : new MemoryWatch(
      this.#worker,
      megabytes,
      () => {
        this.#pings++;
        this.post([To.PING], []);
      },
      () =>
        this.stop().then(() =>
          listener.onExit(
            undefined,
            new WorkerOutOfMemoryError(`Worker "${name}" exceeded its ${megabytes} MB of memory`),
          )
        ),
    );
    let error: unknown;
    this.#worker.on("message", (message: unknown) => {
      if (Array.isArray(message) && message[0] === From.PONG && this.#pings > 0) {
        this.#pings--;
        this.#watch?.answered(message[1] === true, Number(message[2]));
      } else listener.onMessage(message);
    });
    this.#worker.on("error", (thrown) => error = thrown);
    this.#worker.on("exit", (code: number) => {
      this.#watch?.stop();
      if (!this.#stopping) listener.onExit(code, error);
    });
  }

  post(message: ToWorker, transfer: Transferable[]): void {
    // deno-lint-ignore no-explicit-any -- Node's type for what can be transferred is another one.
    this.#worker.postMessage(message, transfer as any[]);
  }

  setRef(keepsAlive: boolean): void {
    if (keepsAlive) this.#worker.ref(), this.#watch?.start();
    else this.#worker.unref(), this.#watch?.stop();
  }

  async stop(): Promise<Stopped> {
    this.#stopping = true;
    this.#watch?.stop();
    this.#worker.terminate();
    return await isDead(this.#lock, DYING) ? "terminated" : "abandoned";
  }
}

/** How often to look. */
const PERIOD = 100;
/** How many looks in a row must find the thread dead still. */
const LOOKS = 4;

/** What Deno's worker has, and the types of Node do not tell of yet. */
type WithUsage = NodeThreads.Worker & { cpuUsage(): Promise<{ user: number; system: number }> };

/**
 * Watches a thread that has a memory limit, while it has something to do. When code that was called by a message exceeds
 * the limit, V8 cuts that code short without an error and without an exit, so it has to be seen from outside. Most often
 * the thread still answers, and says so itself. Otherwise it is taken to be out of memory when it answers no message, uses
 * no processor, and the program has grown by half the limit since: blocking in a system call looks the same but for that.
 */
class MemoryWatch {
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
  constructor(worker: NodeThreads.Worker, megabytes: number, ping: () => void, onFull: () => void) {
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
    this.#timer = realTime.setInterval(() => this.#look(), PERIOD);
  }

  /** It has none, or is no more. */
  stop(): void {
    realTime.clearInterval(this.#timer);
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
