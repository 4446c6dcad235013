import type * as NodeThreads from "node:worker_threads";
import type { Backend, Listener, RunningWorker, StartOptions } from "./backend.ts";
import { depth } from "./depth.ts";
import type { Boot, ToWorker } from "./protocol.ts";
import { isDead, newLockName } from "./thread_lock.ts";
import type { Stopped } from "./worker_error.ts";
import { programUrl } from "./worker_program.ts";

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
  #stopping = false;

  constructor(threads: typeof NodeThreads, { limits, shared, name }: StartOptions, listener: Listener) {
    url ??= programUrl(
      "{ post: (message, transfer) => parentPort.postMessage(message, transfer), " +
        'listen: (onMessage) => parentPort.on("message", onMessage) }',
      "workerData",
      'import { parentPort, workerData } from "node:worker_threads";',
    );
    const boot: Boot = { lock: this.#lock, shared, depth: depth + 1 };
    // A shared environment is looked at when the worker does; by default it is copied here and now, which asks the user
    // of a terminal for permission to read all of it.
    const env = threads.SHARE_ENV as unknown as NodeThreads.WorkerOptions["env"];
    this.#worker = new threads.Worker(url, { workerData: boot, name, env, ...(limits && { resourceLimits: limits }) });
    let error: unknown;
    this.#worker.on("message", (message) => listener.onMessage(message));
    this.#worker.on("error", (thrown) => error = thrown);
    this.#worker.on("exit", (code: number) => {
      if (!this.#stopping) listener.onExit(code, error);
    });
  }

  post(message: ToWorker, transfer: Transferable[]): void {
    // deno-lint-ignore no-explicit-any -- Node's type for what can be transferred is another one.
    this.#worker.postMessage(message, transfer as any[]);
  }

  setRef(keepsAlive: boolean): void {
    if (keepsAlive) this.#worker.ref();
    else this.#worker.unref();
  }

  async stop(): Promise<Stopped> {
    this.#stopping = true;
    this.#worker.terminate();
    return await isDead(this.#lock, DYING) ? "terminated" : "abandoned";
  }
}
