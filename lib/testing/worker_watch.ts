import { instrument, type ResourceView } from "../core/instrument.ts";

/** Have each `Worker` told of to watchers, until it is terminated: the runtime does not. Returns the function that ends this. */
export function watchWorkers(): () => void {
  const Original = globalThis.Worker;

  class WatchedWorker extends Original implements ResourceView {
    readonly #specifier: string;

    constructor(specifier: string | URL, options?: WorkerOptions) {
      super(specifier, options);
      this.#specifier = String(specifier).slice(0, 100);
      instrument?.opened(this);
    }

    describe(): string {
      return `worker of ${this.#specifier}`;
    }

    override terminate(): void {
      super.terminate();
      instrument?.closed(this);
    }
  }

  globalThis.Worker = WatchedWorker;
  return () => {
    if (globalThis.Worker === WatchedWorker) globalThis.Worker = Original;
  };
}
