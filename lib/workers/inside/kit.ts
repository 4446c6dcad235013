/**
 * What the parts of the program inside a worker know of each other, and what a function that runs there knows of its call.
 * Types alone: the parts arrive there as text.
 */

import type { HostCall } from "../../core/host.ts";
import type { CloneCheck, CopiedBuffers } from "./cloning.ts";
import type {
  BRIDGED,
  CallExtras,
  CallMessage,
  ErrorEnvelope,
  From,
  FromWorker,
  To,
  ToWorker,
} from "../wire/protocol.ts";
import type { Layout, Slot } from "../wire/shared_memory.ts";
import type { TraceContext } from "../../core/telemetry.ts";

/** The worker's end of the wire. */
export interface WorkerPort {
  post(message: FromWorker, transfer?: Transferable[]): void;
  listen(onMessage: (message: ToWorker) => void): void;
  /** Import a module: code that arrived as text cannot do that by itself. */
  load(url: string): Promise<Record<string, unknown>>;
  readonly context: WorkerContext;
}

/**
 * Send a value of the user's, in the message that `wrap` makes of it: with what of it can only change hands.
 *
 * @param path What to call it.
 * @throws {DOMException} A `"DataCloneError"` that names the part which cannot be cloned.
 */
export type SendValue = (value: unknown, path: string, wrap: (value: unknown) => FromWorker) => void;

/** Keeps the asynchronous context of a call. */
export interface WorkerContext {
  run<A extends unknown[], R>(call: unknown, fn: (...args: A) => R, ...args: A): R;
  getStore(): unknown;
}

/** A call that has been started. */
export interface WorkerCall extends HostCall, WorkerScope {
  readonly name: string;
  readonly deadline: number;
  readonly id: number;
  /** Its function. */
  readonly fn: number;
  readonly slot: number;
  readonly extras: CallExtras;
  reason: unknown;
  ended: boolean;
  /** Told of the cancellation, besides the toolkit. */
  onAbort: (() => void) | null;
  /** Told of what the reader of its stream can take. */
  onCredit: ((credit: number) => void) | null;
}

/** Whose an error is: that of a call, which may have ended, or of none. */
export interface Owner {
  readonly call: unknown;
}

/** What stands for functions and signals of the other side. */
export interface WorkerBridge {
  /** Put functions and signals into the arguments of a call, in place of what stands for them. */
  unwrap(call: WorkerCall, value: unknown): unknown;
  /** The answer to a call of such a function. */
  reply(reply: number, succeeded: boolean, value: unknown): void;
  /** A signal of the other side has fired. */
  abort(signal: number, reason: ErrorEnvelope): void;
  /** Tell the caller how far a call is, as soon as there is room for that: the latest report is the one that counts. */
  progress(call: WorkerCall, value: unknown): void;
  /** A call was cancelled: nothing it waits for will come. */
  cancelled(call: WorkerCall): void;
  /** A call has ended: let go of what it was handed. */
  ended(call: WorkerCall): void;
  /** What in `value` can, or (with `onlyWhatMust`) can only, change hands. */
  transferables(value: unknown, onlyWhatMust: boolean): Transferable[];
}

/** The memory that it shares with its pool. */
export interface WorkerMemory {
  /** Whether the pool has said that call `id` is cancelled. */
  cancelled(id: number): boolean;
  /** How many reports of progress the pool has read. It starts again at 2 ** 31. */
  progressed(): number;
  /** Start the call in a slot. Returns `false` when it has been taken back. */
  claim(slot: number): boolean;
  /** The call in a slot. */
  call(slot: number): CallMessage;
  /** Leave a result in a slot, if it is one of the few that fit. */
  store(slot: number, value: unknown): boolean;
  /** Visit the slots that a message of one number tells of. */
  each(run: number, visit: (slot: number) => void): void;
}

/** The numbers and marks of the wire: handed in, since a program that is text can import nothing. */
export interface Wire {
  readonly To: typeof To;
  readonly From: typeof From;
  readonly Slot: typeof Slot;
  readonly Layout: typeof Layout;
  readonly BRIDGED: typeof BRIDGED;
}

/** The parts that `workerMain` is given. */
export interface WorkerKit {
  readonly wire: Wire;
  /** What the bundler of the program calls its helper that keeps names. */
  readonly helpers: readonly string[];
  copyBuffers(values: readonly unknown[]): CopiedBuffers | null;
  encodeError(thrown: unknown): ErrorEnvelope;
  decodeError(envelope: ErrorEnvelope): unknown;
  cloneCheck(apart: boolean): CloneCheck;
  workerBridge(kit: WorkerKit, send: SendValue, memory: WorkerMemory | null): WorkerBridge;
  workerMemory(wire: Wire, buffer: SharedArrayBuffer): WorkerMemory;
  workerGuard(kit: WorkerKit, port: WorkerPort, onFault: (error: unknown, owner: Owner | null) => void): void;
  workerTrace<R>(trace: TraceContext, fn: () => R): R;
  workerStream(
    kit: WorkerKit,
    call: WorkerCall,
    source: unknown,
    port: WorkerPort,
    send: SendValue,
    check: CloneCheck,
  ): Promise<unknown>;
}

/**
 * What a function that runs in a worker has as its `this`: its cancellation, and a way to tell how far it is. Arrow
 * functions have no `this`; `checkpointSync` and `reportProgress` do the same for them, handed over as arguments.
 *
 * @example A long loop that can be stopped, and says how far it is
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { runInWorker, type WorkerScope } from "@asyncio/toolkit";
 *
 * function sum(this: WorkerScope, limit: number): number {
 *   let total = 0;
 *   for (let n = 0; n < limit; n++) {
 *     if (n % 1_000 === 0) {
 *       this.checkpointSync();
 *       this.progress(n / limit);
 *     }
 *     total += n;
 *   }
 *   return total;
 * }
 *
 * const seen: unknown[] = [];
 * assertEquals(await runInWorker(sum, [4_000], { onProgress: (part) => seen.push(part) }), 7_998_000);
 * assertEquals(seen, [0, 0.25, 0.5, 0.75]);
 * ```
 */
export interface WorkerScope {
  /** Fires when the call is cancelled. Messages reach it only between turns of the worker's event loop. */
  readonly signal: AbortSignal;
  /** When the caller's time runs out, in milliseconds of `Date.now()`; `Infinity` for never. */
  readonly deadline: number;
  /**
   * Throw if the call has been cancelled, also while the event loop is blocked. Costs some nanoseconds.
   *
   * @throws {DOMException} An `"AbortError"`.
   */
  checkpointSync(): void;
  /**
   * Tell the caller how far the function is: its `onProgress` is called with `value`.
   *
   * @param value Anything that can be cloned.
   */
  progress(value: unknown): void;
}
