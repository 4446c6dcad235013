/**
 * Failed children that nobody has awaited yet. A child belongs to its owner, who may well await it later: whether nobody
 * ever will is known only when the owner has ended.
 */

import { isCancellation } from "../errors.ts";
import type { Thrown } from "./outcome.ts";

/** A child that has failed. */
export interface FailedChild {
  /** For messages. */
  readonly name: string;
  /** What it has thrown. */
  readonly failure: unknown;
  /** Whether it failed on its way out of a cancellation from further up: then that is no news worth ending a program for. */
  readonly stopped: boolean;
  /** What created it. */
  readonly parent: Owner | null;
}

/** What children are created in. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
  /** Why it is cancelled, or `null`. */
  readonly error: unknown;
  readonly root: {
    onUnawaited: ((child: FailedChild) => void) | null;
    supersede(winner: unknown, loser: unknown): void;
  };
}

/** By owner, in the order of failing. Apart from the scopes, since nearly none has any. */
const unawaited = new Map<object, Set<FailedChild>>();

/** Note that `child` has failed, and that nobody has awaited it by now. */
export function noteUnawaited(owner: Owner, child: FailedChild): void {
  const children = unawaited.get(owner);
  if (children === undefined) unawaited.set(owner, new Set([child]));
  else children.add(child);
}

/** Some code awaits `child` after all. Returns whether it was noted. */
export function noteAwaited(child: FailedChild): boolean {
  const owner = child.parent;
  const children = unawaited.get(owner!);
  if (children === undefined || !children.delete(child)) return false;
  if (children.size === 0) unawaited.delete(owner!);
  return true;
}

/**
 * The function of `owner` has ended: nobody is left to await what has failed in it. Where the owner is on its way out with
 * an error of its own, or was cancelled, that is reported beside it; or else it is the end of the program.
 */
export function judgeUnawaited(owner: Owner, thrown: Thrown | null = null): void {
  // Each scope comes here at its end, and nearly always this is all.
  if (unawaited.size === 0) return;
  const children = unawaited.get(owner);
  if (children === undefined) return;
  unawaited.delete(owner);
  const { root } = owner;
  for (const child of children) {
    if (thrown !== null && !isCancellation(thrown.error)) root.supersede(thrown.error, child.failure);
    else if (thrown !== null || owner.error !== null || child.stopped) root.supersede(undefined, child.failure);
    else giveUpOn(child);
  }
}

/** Nobody will ever await `child`. Its error is told to the program, or else it is an unhandled rejection. */
export function giveUpOn(child: FailedChild): void {
  const { root } = child.parent!;
  if (root.onUnawaited !== null) return root.onUnawaited(child);
  console.error(describeUnawaited(child));
  Promise.reject(child.failure);
}

/** What is said of it, before its error; `site` is where it was created, if that is known. */
export function describeUnawaited({ name, parent }: FailedChild, site?: string): string {
  const owner = parent!.kind === "task" || parent!.kind === "group" ? ` of ${parent!.kind} "${parent!.name}"` : "";
  const created = site === undefined ? "" : `, created ${site},`;
  return `Task "${name}"${owner}${created} has failed, and nobody has awaited it.`;
}
