import { instrument, type ScopeView } from "../../core/instrument.ts";

/** What is to be known of a call to tell when it ran. */
interface RunningCall {
  readonly scope: ScopeView;
  readonly worker: { readonly name: string } | null;
}

/** When each call was sent, and until when each worker was busy; filled only while somebody watches. */
const sentAt = new WeakMap<RunningCall, number>();
const busyUntil = new WeakMap<object, number>();

/** A call has been sent to its worker. */
export function noteSent(call: RunningCall): void {
  if (instrument !== null) sentAt.set(call, performance.now());
}

/**
 * The function of a call has ended: tell watchers when it ran, as seen from here. A worker runs its calls one after the
 * other, so one that was sent ahead began when the one before it ended.
 */
export function noteEnded(call: RunningCall): void {
  if (instrument === null || call.worker === null) return;
  const sent = sentAt.get(call);
  if (sent === undefined) return;
  const end = performance.now();
  const start = Math.max(sent, busyUntil.get(call.worker) ?? 0);
  busyUntil.set(call.worker, end);
  instrument.ran(call.scope, { where: call.worker.name, start, end });
}
