import type { WaitView } from "../core/instrument.ts";
import { Pulling } from "../sync/queue_iterator.ts";
import { Getting, Joining, Putting } from "../sync/queue_waiters.ts";
import { QueuedWaiter } from "../sync/wait_queue.ts";
import type { WaitKind } from "./recorded.ts";

/** By the words that a wait describes itself with; the first that matches counts. */
const KINDS: readonly (readonly [RegExp, WaitKind])[] = [
  [/^sleep\b/, "sleep"],
  [/^its next turn/, "turn"],
  [/^worker\b|worker's/, "worker"],
  [/^(the next result|room for)/, "queue"],
  [/^(gather|race|\d+ of \d+ tasks|a task|task|the end of a loop|the next task)\b/, "task"],
  [/^its turn at|fetch|https?:|network|download|connect|response/i, "network"],
  [/promise/, "promise"],
];

/** Tell whether a wait is for a queue, or for a lock or one of its kind; `null` for others. */
export function coordinationOf(wait: WaitView): "sync" | "queue" | null {
  // By class, since users give them any name they like.
  if (!(wait instanceof QueuedWaiter)) return null;
  return [Getting, Pulling, Putting, Joining].some((kind) => wait instanceof kind) ? "queue" : "sync";
}

/** Sort any other wait, by what it says that it waits for. */
export function waitKindOf(what: string): WaitKind {
  return KINDS.find(([pattern]) => pattern.test(what))?.[1] ?? "other";
}

/** What each kind is called. */
export const WAIT_NAMES: Readonly<Record<WaitKind, string>> = {
  sleep: "sleeping",
  turn: "letting others have a turn",
  sync: "locks and their kind",
  queue: "queues",
  worker: "workers",
  network: "the network",
  task: "other tasks",
  promise: "promises of others",
  other: "something else",
};
