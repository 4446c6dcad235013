/** How many functions may be started from within each other, before any has waited, until the stack is looked after. */
const DEEP = 50;

/**
 * What must fit on the stack: 64 KiB as arguments of a call, several times what the toolkit needs to start a function, and to
 * end one that could not be. Frames of a recursion would be smaller once they are compiled.
 */
const RESERVE = new Array<undefined>(8_192).fill(undefined);

let depth = 0;

/**
 * Call `fn`, which the toolkit owns, with `scope`. A recursion without end fails here, with the `RangeError` of the platform
 * and while there is room to deal with that: one that came in the middle of the toolkit's own work would leave scopes open,
 * and those around them would wait for ever.
 */
export function callOwned<S, R>(fn: (scope: S) => R, scope: S): R {
  depth++;
  try {
    if (depth > DEEP) reserve(...RESERVE);
    return fn(scope);
  } finally {
    depth--;
  }
}

const reserve: (...room: undefined[]) => void = () => {};
