import { currentScope } from "../core/ambient.ts";

/** What reads a response to its end. */
const READERS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;

let users = 0;
let original: typeof fetch;

/** Have `fetch` hold the clock of whoever calls it. Returns the function that ends this. */
export function holdForFetch(): () => void {
  if (users++ === 0) {
    original = globalThis.fetch;
    globalThis.fetch = holdingFetch;
  }
  return () => {
    // Not if somebody else has put in something since.
    if (--users === 0 && globalThis.fetch === holdingFetch) globalThis.fetch = original;
  };
}

function holdingFetch(...args: Parameters<typeof fetch>): Promise<Response> {
  const { clock } = currentScope();
  const fetching = original(...args);
  if (clock.hold === undefined) return fetching;
  const hold = clock.hold.bind(clock);
  return during(
    hold,
    fetching.then((response) => {
      for (const name of READERS) {
        const read = response[name].bind(response) as () => Promise<unknown>;
        Object.defineProperty(response, name, {
          value: () => during(hold, read()),
          configurable: true,
          writable: true,
        });
      }
      return response;
    }),
  );
}

async function during<T>(hold: () => () => void, work: Promise<T>): Promise<T> {
  const release = hold();
  try {
    return await work;
  } finally {
    release();
  }
}
