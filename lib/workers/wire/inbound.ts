import { From, type FromWorker } from "./protocol.ts";

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
