/** Checks of what users hand in. Each names what it got, since that is what the reader of the message has to find. */

/**
 * A duration in milliseconds: a number from 0 to `Infinity`.
 *
 * @throws {TypeError} When `ms` is not a number.
 * @throws {RangeError} When `ms` is NaN or negative.
 */
export function checkMs(verb: string, ms: unknown): asserts ms is number {
  if (typeof ms !== "number") {
    throw new TypeError(
      `Cannot ${verb} as the duration must be a number of milliseconds: current value is ${inspectBriefly(ms)}`,
    );
  }
  if (!(ms >= 0)) {
    throw new RangeError(`Cannot ${verb} as the duration must be 0 or more milliseconds: current value is ${ms}`);
  }
}

/**
 * A count: a whole number from `minimum`, or `Infinity`.
 *
 * @throws {TypeError} When `value` is not a number.
 * @throws {RangeError} When `value` is below `minimum`, NaN, or not whole.
 */
export function checkCount(verb: string, what: string, value: unknown, minimum = 1): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot ${verb} as ${what} must be a number: current value is ${inspectBriefly(value)}`);
  }
  if (!(value >= minimum) || (value !== Infinity && !Number.isInteger(value))) {
    throw new RangeError(`Cannot ${verb} as ${what} must be a whole number from ${minimum}: current value is ${value}`);
  }
}

/**
 * @throws {TypeError} When `value` is not a function.
 */
export function checkFunction(verb: string, value: unknown): asserts value is (...args: never[]) => unknown {
  if (typeof value !== "function") {
    throw new TypeError(`Cannot ${verb} as a function is needed: current value is ${inspectBriefly(value)}`);
  }
  checkNoGenerator(verb, value);
}

/**
 * To call a generator function runs nothing of it.
 *
 * @throws {TypeError} When `fn` is one.
 */
export function checkNoGenerator(verb: string, fn: object): void {
  // Of this realm: that costs next to nothing, and there is one check for each function that is started.
  const prototype = Object.getPrototypeOf(fn);
  if (prototype === generators || prototype === asyncGenerators) {
    throw new TypeError(
      `Cannot ${verb} as a generator function does nothing when it is called: current value is ${inspectBriefly(fn)}`,
    );
  }
}

const generators: unknown = Object.getPrototypeOf(function* () {});
const asyncGenerators: unknown = Object.getPrototypeOf(async function* () {});

/**
 * @throws {TypeError} When `signal` is neither an `AbortSignal` nor left out.
 */
export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot wait as the signal must be an AbortSignal: current value is ${inspectBriefly(signal)}`);
  }
}

/**
 * Whether `value` has a `then` method. One that throws when it is asked for it counts as if it had: to `await` it is to
 * reject with that error, and nobody has to be ready for it before.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  try {
    return typeof (value as { then?: unknown }).then === "function";
  } catch {
    return true;
  }
}

/** {@linkcode isThenable} for a function, apart: where it is asked of functions alone, the engine makes it cheap. */
export function isCallableThenable(fn: object): boolean {
  try {
    return typeof (fn as { then?: unknown }).then === "function";
  } catch {
    return true;
  }
}

/**
 * @throws {TypeError} When `step` is not what `next()` of an iterator may give.
 */
export function checkStep(verb: string, step: unknown): void {
  if (typeof step !== "object" || step === null) {
    throw new TypeError(
      `Cannot ${verb} as next() of the iterator must give an object: current value is ${inspectBriefly(step)}`,
    );
  }
}

/** Describe any value in a few words, for a message. Never throws. */
export function inspectBriefly(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return String(value);
  try {
    if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
    if (Array.isArray(value)) return `an array of ${value.length}`;
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "an object";
  } catch {
    // A proxy, of which anything may be expected.
    return typeof value === "function" ? "a function" : "an object";
  }
}
