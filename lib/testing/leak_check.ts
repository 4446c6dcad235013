import { currentScope } from "../core/ambient.ts";
import { CallSite } from "../tasks/debug.ts";
import { instrument, type ResourceView, type ScopeView, type WaitView, watch } from "../core/instrument.ts";
import type { Scope } from "../core/scope.ts";
import { TaskScope } from "../tasks/task_scope.ts";

/** Notes what comes to be in a test, and where, and says what of it outlives the test. */
export class LeakCheck {
  readonly #sites = new WeakMap<object, CallSite>();
  readonly #open = new Set<ResourceView>();
  readonly #left: string[] = [];
  readonly #stop: (() => void)[];
  /** The root that the test runs in. */
  #root: Scope | null = null;

  constructor() {
    const note = (what: object) => void this.#sites.set(what, new CallSite());
    this.#stop = [
      watchWorkers(),
      watch({
        created: note,
        blocked: (_scope, wait) => note(wait),
        resumed: (scope, wait) => this.#resumed(scope, wait),
        opened: (resource) => {
          if (currentScope().root !== this.#root) return;
          this.#open.add(resource);
          note(resource);
        },
        closed: (resource) => void this.#open.delete(resource),
      }),
    ];
  }

  /** The test begins. */
  begin(root: Scope): void {
    this.#root = root;
  }

  /** The function of the test has ended; what it left behind has not. */
  end(root: Scope): void {
    for (let child = root.firstChild; child !== null; child = child.nextSibling) {
      if (child instanceof TaskScope) this.#leave(`task "${child.name}" [${child.state}]${waitsOf(child)}`, child);
    }
    for (let wait = root.firstWaiting; wait !== null; wait = wait.after) this.#leave(wait.describe(), wait);
  }

  /**
   * All is over.
   *
   * @throws {Error} When something is left.
   */
  finish(): void {
    this.stop();
    for (const resource of this.#open) this.#leave(resource.describe(), resource);
    if (this.#left.length > 0) throw new Error(`What the test began has outlived it:\n${this.#left.join("\n")}`);
  }

  /** Watch no more. */
  stop(): void {
    for (const stop of this.#stop.splice(0)) stop();
  }

  /** A wait that is over because its function has ended was awaited by nobody. In a test, that is the end of the test. */
  #resumed(scope: ScopeView, wait: WaitView): void {
    if (scope.parent === this.#root && (scope as Scope).closed && scope.kind === "task") {
      this.#leave(wait.describe(), wait);
    }
  }

  #leave(what: string, made: object): void {
    const site = this.#sites.get(made);
    const madeAt = site === undefined ? "before it began" : site.line ?? "at an unknown place";
    this.#left.push(`- ${what}, made ${madeAt}`);
  }
}

function waitsOf(scope: Scope): string {
  const waits: string[] = [];
  for (let wait = scope.firstWaiting; wait !== null; wait = wait.after) waits.push(wait.describe());
  return waits.length === 0 ? "" : `, waits for ${waits.join(", ")}`;
}

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
