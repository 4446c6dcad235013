/**
 * What the program inside a worker leaves for the toolkit, should the code that runs there import it: so that a
 * cancellation and a deadline reach the tasks of a worker, too. A symbol of the global registry joins the two, since they
 * share no module.
 */

import { childrenEnded } from "./owned.ts";
import { realTime } from "./platform.ts";
import { type RootScope, Scope } from "./scope.ts";

/** The call that a worker runs. */
export interface HostCall {
  /** Name of the task that made the call. */
  readonly name: string;
  /** When the caller's time runs out, in milliseconds of `Date.now()`; `Infinity` for never. */
  readonly deadline: number;
  /** Why it has been cancelled; `undefined` while it has not. */
  readonly reason: unknown;
  /** Called when it is cancelled. Set by the toolkit. */
  onCancel: ((reason: unknown) => void) | null;
  /** Called when its function has ended; the call ends when this has. Set by the toolkit. */
  onEnd: (() => Promise<void>) | null;
}

/** The program inside a worker. */
export interface WorkerHost {
  /** How many workers deep this one is: 1 in a worker of the main program. */
  readonly depth: number;
  /** The call that the calling code belongs to. */
  call(): HostCall | undefined;
  /** Throw if that call has been cancelled, also while the event loop is blocked. */
  checkpointSync(): void;
  /** Tell the caller how far it is. */
  progress(value: unknown): void;
}

/** Where the program inside a worker puts itself. `workers/inside/main.ts` repeats the name, as it can import nothing. */
const HOST = Symbol.for("@asyncio/toolkit/worker-host");

/** The program inside the worker that this code runs in, or `undefined` in the main program. */
export const workerHost: WorkerHost | undefined = (globalThis as unknown as Record<symbol, WorkerHost>)[HOST];

const scopes = new WeakMap<HostCall, HostScope>();

/**
 * The scope of the call that this worker runs, for code that no task of the worker's own runs: so the caller's
 * cancellation and deadline reach every checkpoint, and what the function leaves behind is ended with it. In the main
 * program, `root`.
 */
export function hostScope(root: RootScope): Scope {
  const call = workerHost?.call();
  if (call === undefined) return root;
  let scope = scopes.get(call);
  if (scope === undefined) scopes.set(call, scope = new HostScope(root, call));
  return scope;
}

class HostScope extends Scope {
  readonly #call: HostCall;
  readonly #deadline: number;

  constructor(root: RootScope, call: HostCall) {
    super(root);
    this.#call = call;
    this.#deadline = this.clock.now() + call.deadline - realTime.sinceEpoch();
    const cancel = (reason: unknown) => void this.cancelBecause(`Worker call "${this.name}" was cancelled`, reason);
    // The code of one call may use two versions of this package.
    const { onCancel, onEnd } = call;
    call.onCancel = (reason) => (onCancel?.(reason), cancel(reason));
    call.onEnd = async () => {
      await onEnd?.();
      await this.#end();
    };
    if (call.reason !== undefined) cancel(call.reason);
  }

  override get kind(): string {
    return "call";
  }

  override get name(): string {
    return this.#call.name || super.name;
  }

  override get deadline(): number {
    return this.#deadline;
  }

  #end(): Promise<void> {
    return childrenEnded(this, () => this.close(), `Cancelled as worker call "${this.name}" has ended`);
  }
}
