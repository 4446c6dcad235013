/** The functions that have the platform load its timers when the first of them is looked at. */
const TIMERS = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
] as const;

/**
 * The platform's timers and time as they were at the start. A test may put others in their place, for the code that it
 * tests; what the toolkit itself runs on must not stand still with that.
 */
export const realTime = {
  /** Milliseconds on the clock of `performance.now()`. */
  now: performance.now.bind(performance),
  /** Milliseconds since 1970, as `Date.now()` tells them: what threads and processes have in common. */
  sinceEpoch: Date.now,
} as { now(): number; sinceEpoch(): number } & Pick<typeof globalThis, typeof TIMERS[number]>;

for (const name of TIMERS) {
  const { get, value } = Object.getOwnPropertyDescriptor(globalThis, name)!;
  const keep = (value: unknown) => {
    Object.defineProperty(realTime, name, { value, writable: true, enumerable: true, configurable: true });
    return value;
  };
  // To load timers is a third of what an empty program costs, and to import this needs none: the getter is kept instead,
  // which gives the platform's own whatever is put in its place.
  if (get === undefined) keep(value);
  else Object.defineProperty(realTime, name, { get: () => keep(get.call(globalThis)), set: keep, configurable: true });
}

/** The longest delay of the platform's timers, in milliseconds: about 25 days. They fire after a longer one at once. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/** Where a function that stands in for one of the platform has that one: as that of virtual time does, which holds the clock. */
export const standsFor: unique symbol = Symbol("stands for");
