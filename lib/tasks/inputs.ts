/** What `gather` and `race` are given: separate arguments, or a list and options; and what neither of them takes. */

import { currentScope } from "../core/ambient.ts";
import { inspectBriefly, isThenable } from "../core/checks.ts";
import { letGo } from "../core/observe.ts";
import { rejected } from "../core/waiter.ts";
import type { CancelScope } from "./owned.ts";

/** What {@linkcode gather} makes of one of its inputs: what the function returns, or what the promise resolves to. */
export type Gathered<I> = I extends (...args: never[]) => infer R ? Awaited<R> : Awaited<I>;

/** What {@linkcode gather} takes: a function to own, a promise or task to observe, or a plain value. */
export type Gatherable =
  | ((scope: CancelScope) => unknown)
  | PromiseLike<unknown>
  // In place of `unknown`, which would swallow the function, and with it the type of its parameter.
  | NonNullable<unknown>
  | null
  | undefined;

/** What {@linkcode gather} takes by name: an object of functions, promises, tasks and plain values. */
export type GatherableRecord = Readonly<Record<string, Gatherable>>;

/**
 * Separate arguments, as {@linkcode gather} and {@linkcode race} take them: the first is no list, nor anything else to iterate
 * over, and the last no object with options, since those come after a list. Nor is there a single object: that is taken by its
 * names, where it is.
 *
 * @internal
 */
export type SeparateInputs<I extends readonly unknown[]> = I extends readonly [infer First, ...unknown[]]
  // What has no type is taken for anything.
  ? (0 extends 1 & First ? false
    : First extends (Iterable<unknown> | AsyncIterable<unknown>) & object ? true
    : I extends readonly [unknown] ? IsPlainObject<First>
    : false) extends true ? never
  : I extends readonly [unknown, ...unknown[], infer Last] ? 0 extends 1 & Last ? I
    : [Last] extends [AbortSignal] ? [Last] extends [never] ? I : never
    : keyof Last extends never ? I
    : keyof Last extends "returnExceptions" | "concurrency" | "signal" ? never
    : I
  : I
  : I;

/** Whether `T` is an object, and nothing in it can be called or waited for. */
type IsPlainObject<T> = [T] extends [object]
  ? [Extract<T, PromiseLike<unknown> | ((...args: never[]) => unknown)>] extends [never] ? true : false
  : false;

/** What a call was given. */
interface Inputs {
  readonly inputs: Iterable<unknown>;
  readonly options: Record<string, never>;
  /** The names of the inputs, if they came by name. */
  readonly keys: string[] | null;
}

/**
 * Read the arguments of a call that takes separate ones, or a list and options; or, for one that takes `records`, an object
 * in the place of the list. `names` are those of its options.
 */
export function inputsOf(verb: string, args: unknown[], names: readonly string[], records = false): Inputs {
  const [first, second] = args;
  if (args.length <= 2 && isList(first) && (args.length === 1 || isPlain(second) || second === undefined)) {
    return { inputs: first, options: (second ?? {}) as Record<string, never>, keys: null };
  }
  if (records && args.length <= 2 && isPlain(first) && (second === undefined || isOptions(second, names))) {
    return { inputs: Object.values(first), options: (second ?? {}) as Record<string, never>, keys: Object.keys(first) };
  }
  const alone = args.length === 1 || (args.length === 2 && isPlain(second));
  if (alone && isObject(first) && !isThenable(first) && Symbol.asyncIterator in first) {
    throw new TypeError(
      `Cannot ${verb} as an async iterable has to be read first, as mapConcurrent() does: ` +
        `current value is ${inspectBriefly(first)}`,
    );
  }
  if (args.length === 1) checkNoRecord(verb, "in a list, without names", first);
  // Behind separate arguments options would be one more value, and silently do nothing.
  const last = args.at(-1);
  const keys = args.length >= 2 && isPlain(last) ? Object.keys(last) : [];
  if (keys.length > 0 && keys.every((key) => names.includes(key))) {
    throw new TypeError(
      `Cannot ${verb} as options come after a list, as in ${verb}([a, b], options): current value is an object with ${
        keys.join(", ")
      }`,
    );
  }
  return { inputs: args, options: {}, keys: null };
}

function isOptions(value: unknown, names: readonly string[]): boolean {
  return isPlain(value) && Object.keys(value).every((key) => names.includes(key));
}

/** @throws {TypeError} When `value`, one among others, is a list or an object of what wants to be run or waited for; or a signal. */
export function checkPlainValue(verb: string, value: unknown): void {
  if (value instanceof AbortSignal) {
    throw new TypeError(
      `Cannot ${verb} as a signal comes in options after a list, as in ${verb}([a, b], { signal }): current value is an AbortSignal`,
    );
  }
  checkNoRecord(verb, "in one list or one object, not in an object among others", value);
  if (Array.isArray(value) && value.some(isToRun)) {
    throw new TypeError(
      `Cannot ${verb} as functions and promises must not be in a list within the list: current value is an array of ` +
        `${value.length}, which can be spread with ...`,
    );
  }
}

/** @throws {TypeError} When `value` is an object of functions and promises, and nothing else. */
function checkNoRecord(verb: string, where: string, value: unknown): void {
  if (!isPlain(value)) return;
  const values = Object.values(value);
  if (values.length === 0 || !values.every(isToRun)) return;
  throw new TypeError(
    `Cannot ${verb} as functions and promises must be ${where}: current value is an object of them, ` +
      `with ${Object.keys(value).join(", ")}`,
  );
}

function isToRun(value: unknown): boolean {
  return typeof value === "function" || isThenable(value);
}

/** Whether `value` may be options, or a record: an object with nothing but its own properties. */
function isPlain(value: unknown): value is Record<string, unknown> {
  // One that throws for whatever is asked of it is taken for a promise.
  if (!isObject(value) || isThenable(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isList(value: unknown): value is Iterable<unknown> {
  return isObject(value) && !isThenable(value) && Symbol.iterator in value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Check arguments. A promise among them that is refused must not become an unhandled rejection for that. */
export function checkFor(inputs: Iterable<unknown>, check: () => void): void {
  try {
    check();
  } catch (error) {
    for (const input of inputs) letGo(input, error);
    throw error;
  }
}

/**
 * As {@linkcode checkFor}, for a wait: as every refusal, that of arguments takes a turn of the event loop now and then, or
 * else a loop that swallows the error would freeze the process. `null` means that they are right.
 */
export function misuse(inputs: Iterable<unknown>, check: () => void): Promise<never> | null {
  try {
    checkFor(inputs, check);
    return null;
  } catch (error) {
    return rejected(currentScope(), error);
  }
}
