import type * as NodeThreads from "node:worker_threads";
import type { Backend, Listener, RunningWorker, StartOptions } from "./backend.ts";
import { contextCarries } from "../../core/ambient.ts";
import { depth } from "./depth.ts";
import { MemoryWatch } from "./memory_watch.ts";
import { type Boot, From, To, type ToWorker } from "../wire/protocol.ts";
import { isDead, newLockName } from "./lock.ts";
import { type Stopped, WorkerOutOfMemoryError } from "../call/worker_error.ts";
import { bootUrl, programText } from "../inside/program.ts";

/** How long a terminated thread may take to die: a sort of ten million numbers takes 1.6 s. */
const DYING = 2_000;

/**
 * Workers as threads, by `node:worker_threads`: as on Node they tell of their end, and need not keep the program alive.
 * A thread that is terminated while it holds a Web Lock really stops on Deno 2.9.6, also in the middle of `for (;;) {}`.
 */
export const threadBackend: Backend = {
  name: "thread",
  shares: true,
  async start(options: StartOptions, listener: Listener): Promise<RunningWorker> {
    // Not before it is needed: it is most of what a worker costs a program that has none.
    return new Thread(await import("node:worker_threads"), options, listener);
  },
};

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
