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
};

/**
 * What a worker has sent, if it is something that the program inside of it sends. Functions that run there can send
 * whatever they like, so it is looked at as input from a stranger.
 *
 * @throws {TypeError} When it is something else.
 */
export function checkMessage(message: unknown, inBatch = false): FromWorker {
  if (message === From.FLUSH) return message;
  if (!Array.isArray(message)) throw new TypeError("Cannot take a message as it is no array");
  if (message[0] === From.BATCH && !inBatch && Array.isArray(message[1])) {
    for (const each of message[1]) checkMessage(each, true);
    return message as unknown as FromWorker;
  }
  const checks = Object.hasOwn(PARTS, message[0]) ? PARTS[message[0]]! : null;
  if (checks === null || message.length !== checks.length + 1 || !checks.every((check, at) => check(message[at + 1]))) {
    throw new TypeError("Cannot take a message as it has not the form of any");
  }
  return message as unknown as FromWorker;
}
