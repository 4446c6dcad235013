import { seenToEnd } from "./ending.ts";
import { type HostCall, workerHost } from "./host.ts";
import { type RootScope, Scope } from "./scope.ts";

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
    this.#deadline = this.clock.now() + call.deadline - Date.now();
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
    return seenToEnd(this, () => this.close(), `Cancelled as worker call "${this.name}" has ended`);
  }
}
