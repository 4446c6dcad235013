import { depth, type Listener, type RunningWorker, type StartOptions } from "./backend.ts";
import { contextCarries } from "../../core/context.ts";
import { type Boot, From, type ToWorker } from "../wire/protocol.ts";
import { isDead, newLockName } from "./stop_proof.ts";
import { type Stopped, WorkerLoadError } from "../call/worker_error.ts";
import { bootUrl, programText } from "../inside/program.ts";

/** How long a terminated worker may take to die. A busy one does not, however long one waits. */
const DYING = 300;

/**
 * Start a worker as Deno's own `Worker`: quick to start, and the only kind where there is no `node:worker_threads`. Deno 2.9
 * sets their limits: a busy one is not stopped by `terminate()`, and then keeps the program from
 * ending; an idle one keeps the program alive, too; and memory has no limit but that of the whole program.
 */
export function startWeb(options: StartOptions, listener: Listener): RunningWorker {
  if (options.limits !== undefined) {
    throw new WorkerLoadError(`Cannot limit the resources of a worker as the "web" backend has no such limits`);
  }
  return new WebWorker(options, listener);
}

let url: URL | undefined;

class WebWorker implements RunningWorker {
  readonly #worker: Worker;
  readonly #lock = newLockName();
  readonly #listener: Listener;
  #stopping = false;

  constructor({ shared, name }: StartOptions, listener: Listener) {
    url ??= bootUrl(
      `self.onmessage = ({ data: { boot, program } }) => begin(program)(boot, {
        post: (message, transfer) => self.postMessage(message, transfer ?? []),
        listen: (onMessage) => self.onmessage = ({ data }) => onMessage(data),
      }, AsyncLocalStorage);`,
    );
    this.#listener = listener;
    this.#worker = new Worker(url, { type: "module", name });
    this.#worker.onmessage = ({ data }) => this.#onMessage(data);
    this.#worker.onerror = (event) => {
      // Or else it ends the program.
      event.preventDefault();
      this.#end(undefined, event.error ?? new Error(event.message));
    };
    const boot: Boot = { lock: this.#lock, shared, depth: depth + 1, carries: contextCarries() };
    this.#worker.postMessage({ boot, program: programText() });
  }

  post(message: ToWorker, transfer: Transferable[]): void {
    this.#worker.postMessage(message, transfer);
  }

  setRef(_keepsAlive: boolean): void {
    // There is no such thing; the pool ends idle workers soon instead.
  }

  async stop(): Promise<Stopped> {
    this.#stopping = true;
    this.#worker.terminate();
    return await isDead(this.#lock, DYING) ? "terminated" : "abandoned";
  }

  #onMessage(message: unknown): void {
    this.#listener.onMessage(message);
    // Its end itself makes no sound.
    if (Array.isArray(message) && message[0] === From.EXIT) this.#end(Number(message[1]));
  }

  async #end(code: number | undefined, error?: unknown): Promise<void> {
    if (this.#stopping) return;
    await this.stop();
    this.#listener.onExit(code, error);
  }
}
