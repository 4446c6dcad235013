/**
 * The platform's own timers and time, taken before anything puts others in their place: for the machinery that is beside
 * virtual time, not in it.
 */

const { clearTimeout, setImmediate, setTimeout } = globalThis;

/** Milliseconds of the real clock. */
export const realNow: () => number = performance.now.bind(performance);

export { clearTimeout as clearRealTimeout, setImmediate as setRealImmediate, setTimeout as setRealTimeout };
