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
