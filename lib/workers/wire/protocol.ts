/**
 * What travels between a pool and its workers, and what of it the pool believes. Messages are arrays, since those are cloned faster than
 * objects; the first element says which. Everything in a message survives structured cloning.
 */

import type { TraceContext } from "../../core/telemetry.ts";

/** An error, taken apart for the journey. */
export interface ErrorEnvelope {
  /** `"error"`; `"dom"` for a `DOMException`; `"value"` for anything else that was thrown. */
  kind: "error" | "dom" | "value";
  /** Name of the class. */
  class?: string;
  /** Names of the classes above it, nearest first. */
  bases?: string[];
  name?: string;
  message?: string;
  stack?: string;
  cause?: ErrorEnvelope;
  /** Of an `AggregateError`. */
  errors?: ErrorEnvelope[];
  /** Of a `SuppressedError`: `error` and `suppressed`. */
  pair?: [ErrorEnvelope, ErrorEnvelope];
  /** The error's own fields. */
  fields?: Record<string, unknown>;
  /** What was thrown, when that was no error. */
  value?: unknown;
  /** The class of the toolkit that the main side makes of it, where the worker knows more than the error says. */
  as?: "closure" | "clone" | "load" | "export" | "relative" | "cancelled";
  /** What {@linkcode as} is about: the variable, the path, the module. */
  about?: string;
}

/** How a worker gets at the code of a function: source text, or a module and the name of what it exports. */
export type Code = [kind: "source", text: string, name: string] | [kind: "module", url: string, name: string];

/** What only some calls need. */
export interface CallExtras {
  /** Name of the calling task, for the worker's own tasks and messages. */
  name?: string;
  /** When the caller's time runs out, in milliseconds of `Date.now()`. */
  deadline?: number;
  /** A generator's values are sent one by one, so many ahead of their reader. */
  stream?: number;
  /** Buffers in the result change hands instead of being copied. */
  transferResult?: boolean;
  /** Nobody wants the result. */
  discard?: boolean;
  /** Functions and signals stand in the arguments as {@linkcode Bridged}. */
  bridged?: boolean;
  /** The span of the caller. */
  trace?: TraceContext;
}

/** Marks what stands for something else. */
export const BRIDGED = "asyncio:bridged" as const;

/** Stands in the arguments for what cannot travel. */
export interface Bridged {
  /** Marks it: no user's object has such a key. */
  [BRIDGED]: "function" | "signal" | "checkpointSync" | "progress";
  id: number;
  /** Of a signal: has fired before. */
  reason?: ErrorEnvelope;
}

/** To a worker: what to do. */
export const To = { CALL: 0, DEFINE: 1, BATCH: 2, CANCEL: 3, REPLY: 4, ABORT: 5, CREDIT: 6, PING: 7 } as const;

/** To a worker: call a function. `slot` is its place in the shared memory, -1 without one. */
export type CallMessage = [
  op: typeof To.CALL,
  id: number,
  fn: number,
  slot: number,
  args: unknown[],
  extras?: CallExtras,
];
/** To a worker: what a function of the caller's has returned, or the envelope of what it has thrown. */
export type Answer = [op: typeof To.REPLY, reply: number, succeeded: boolean, value: unknown];
/**
 * To a worker. A number tells of calls that lie in the shared memory, in slots that follow each other: how many, times the
 * number of slots, plus the first. It is alone and bare, since that is sent in three quarters of the time of an array.
 */
export type ToWorker =
  | number
  | CallMessage
  | [op: typeof To.DEFINE, fn: number, code: Code]
  | [op: typeof To.BATCH, messages: ToWorker[]]
  | [op: typeof To.CANCEL, id: number, reason: ErrorEnvelope]
  | Answer
  | [op: typeof To.ABORT, signal: number, reason: ErrorEnvelope]
  | [op: typeof To.CREDIT, id: number, credit: number]
  | [op: typeof To.PING];

/** From a worker: what happened. */
export const From = {
  READY: 0,
  RESULT: 1,
  ERROR: 2,
  /** The cancellation of a call has been seen: the worker's event loop is alive. */
  SEEN: 4,
  YIELD: 5,
  CALLBACK: 6,
  EXIT: 7,
  /** An error that nobody caught; `id` is the call it came from, or -1. */
  FAULT: 8,
  /** Results lie in the shared memory. Alone and bare, since a number is sent faster than any array. */
  FLUSH: 9,
  /** The answer to a ping; the event loop may be alive although the code of a call was cut short. */
  PONG: 10,
} as const;

/** From a worker. */
export type FromWorker =
  | [op: typeof From.READY]
  | [op: typeof From.RESULT, id: number, value: unknown]
  | [op: typeof From.ERROR, id: number, error: ErrorEnvelope]
  | [op: typeof From.SEEN, id: number]
  | [op: typeof From.YIELD, id: number, values: unknown[]]
  | [op: typeof From.CALLBACK, id: number, fn: number, reply: number, args: unknown[]]
  | [op: typeof From.EXIT, code: number, how: string]
  | [op: typeof From.FAULT, id: number, error: ErrorEnvelope]
  | typeof From.FLUSH
  | [op: typeof From.PONG, cutShort: boolean, heap: number];

/** What a worker is started with. */
export interface Boot {
  /** The Web Lock that it holds as long as it lives; `""` without one. */
  lock: string;
  /** See `shared_memory.ts`. */
  shared: SharedArrayBuffer | null;
  /** How many workers deep this one is: 1 in a worker of the main program. */
  depth: number;
  /** Whether continuations carry what they are told to: see `core/context.ts`, which has proven it, or not. */
  carries: boolean;
}

type Check = (value: unknown) => boolean;

const isId: Check = (value) => Number.isSafeInteger(value);
const isText: Check = (value) => typeof value === "string" && value.length < 1_000;
const isEnvelope: Check = (value) => typeof value === "object" && value !== null;
const isAnything: Check = () => true;

/** What follows the first element of each message. */
const PARTS: Readonly<Record<number, readonly Check[]>> = {
  [From.READY]: [],
  [From.RESULT]: [isId, isAnything],
  [From.ERROR]: [isId, isEnvelope],
  [From.SEEN]: [isId],
  [From.YIELD]: [isId, Array.isArray],
  [From.CALLBACK]: [isId, isId, isId, Array.isArray],
  [From.EXIT]: [isId, isText],
  [From.FAULT]: [isId, isEnvelope],
  [From.PONG]: [(value) => typeof value === "boolean", (value) => typeof value === "number"],
};

/**
 * What a worker has sent, if it is something that the program inside of it sends. Functions that run there can send
 * whatever they like, so it is looked at as input from a stranger.
 *
 * @throws {TypeError} When it is something else.
 */
export function checkMessage(message: unknown): FromWorker {
  if (message === From.FLUSH) return message;
  if (!Array.isArray(message)) throw new TypeError("Cannot take a message as it is no array");
  const checks = Object.hasOwn(PARTS, message[0]) ? PARTS[message[0]]! : null;
  if (checks === null || message.length !== checks.length + 1 || !checks.every((check, at) => check(message[at + 1]))) {
    throw new TypeError("Cannot take a message as it has not the form of any");
  }
  return message as unknown as FromWorker;
}

/** How much of what may come too late is let pass. */
const MOST_LATE = 1_000;
/** How many errors a function may leave behind before its worker is not waited for any longer. */
const MOST_FAULTS = 100;

/**
 * What a worker may still say, as that depends on what it was asked: of answers that nobody waits for there is no end.
 * Each method throws a `TypeError` when it has said more.
 */
export class Expected {
  #cancels = 0;
  #results = 0;
  #late = 0;
  #faults = 0;
  #exits = 0;

  /** It is told of a cancellation. */
  cancelled(): void {
    this.#cancels++;
  }

  /** It has seen one. */
  seen(): void {
    if (--this.#cancels < 0) throw new TypeError("Cannot see a cancellation that there was not");
  }

  /** A result was found in the shared memory. */
  collected(): void {
    this.#results++;
  }

  /** It says that results are there, of which at least one is new. */
  flushed(): void {
    if (--this.#results < 0) throw new TypeError("Cannot tell of results that there are not");
  }

  /** It calls back for a call that has ended: its result, in the shared memory, may have been quicker. */
  late(): void {
    if (++this.#late > MOST_LATE) throw new TypeError("Cannot call back for calls that have ended");
  }

  /** An error was left behind in it. */
  fault(): void {
    if (++this.#faults > MOST_FAULTS) throw new TypeError("Cannot leave errors behind without end");
  }

  /** It announces its end. */
  exits(): void {
    if (++this.#exits > 1) throw new TypeError("Cannot end twice");
  }
}
