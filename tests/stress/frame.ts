import type { Scope } from "../../lib/core/scope.ts";
import { currentScope } from "../../lib/core/ambient.ts";
import { isStampedBy } from "../../lib/errors.ts";
import { isCancelled, type TaskGroup } from "../../mod.ts";

/** What a random program knows of one of its scopes, without asking the toolkit. */
export class Frame {
  readonly parent: Frame | null;
  readonly shielded: boolean;
  /** The group that is open in this frame or around it. */
  readonly group: OpenGroup | null;
  /** Whether somebody has cancelled it, and was told that this worked. */
  cancelled = false;

  constructor(parent: Frame | null, group: OpenGroup | null = parent?.group ?? null, shielded = false) {
    this.parent = parent;
    this.group = group;
    this.shielded = shielded;
  }

  /** Whether its code must not get past a checkpoint. */
  get doomed(): boolean {
    return this.cancelled || (!this.shielded && this.parent !== null && this.parent.doomed);
  }
}

export interface OpenGroup {
  readonly group: TaskGroup;
  readonly frame: Frame;
  readonly call: Call;
}

/** One call of the toolkit, with the functions that it owns. */
export class Call {
  /** Where it was made. */
  readonly scope: Scope = currentScope();
  /** How many of its functions are running. */
  running = 0;
  /** Whether one of them was ended by the cancellation of the caller. */
  cancelled = false;

  async run(fn: () => Promise<unknown>): Promise<unknown> {
    this.running++;
    try {
      return await fn();
    } catch (error) {
      if (this.scope.error !== null && isCancelled(error)) this.cancelled = true;
      throw error;
    } finally {
      this.running--;
    }
  }
}

/** Whether `error` is the cancellation of `scope`, or of one around it that no shield keeps away. */
export function isCancellationOf(scope: Scope, error: unknown): boolean {
  for (let each: Scope | null = scope; each !== null; each = each.parent) {
    if (isStampedBy(error, each)) return true;
    if (each.kind === "shield") return false;
  }
  return false;
}
