import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Call `fn` outside of all contexts. What serves many, as the one timer of a clock does, must not run as part of the code
 * that happened to set it, nor keep alive what that code has stored.
 */
export const outside: <A extends unknown[], R>(fn: (...args: A) => R, ...args: A) => R = AsyncLocalStorage.snapshot();
