import { AsyncLocalStorage } from "node:async_hooks";

/**
 * The platform's timers and time as they were at the start. A test may put others in their place, for the code that it
 * tests; what the toolkit itself runs on must not stand still with that.
 */
export const realTime = {
  /** Milliseconds on the clock of `performance.now()`. */
  now: performance.now.bind(performance),
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
};

/**
 * Call `fn` outside of all contexts. What serves many, as the one timer of a clock does, must not run as part of the code
 * that happened to set it, nor keep alive what that code has stored.
 */
export const outside: <A extends unknown[], R>(fn: (...args: A) => R, ...args: A) => R = AsyncLocalStorage.snapshot();

/** Where a function that stands in for one of the platform has that one: as that of virtual time does, which holds the clock. */
export const standsFor: unique symbol = Symbol("stands for");
