/** Rows of `lib/net`, beside the platform. A server in a process of its own serves from memory. */

import { serve } from "../byte_site.ts";
import type { Load, Round, Row } from "../row.ts";

const SIZE = 64 * 1_024;

/** Fetch `n` answers, one after the other, and count their bytes. */
function fetchAll(fetch: typeof globalThis.fetch): Round {
  return async (n) => {
    const url = `${await serve()}/${SIZE}/x.bin`;
    const start = performance.now();
    let check = 0;
    for (let i = 0; i < n; i++) check += (await (await fetch(url)).bytes()).length;
    return { cost: performance.now() - start, check };
  };
}

const platform: Load = () => fetchAll(fetch);

/** In a task, which is what it has to end with. */
const ours: Load = async () => {
  const { createTask, fetch } = await import("../../mod.ts");
  const round = fetchAll(fetch);
  return (n) => createTask(() => round(n));
};

/** What it takes to stop the platform's. */
const withSignal: Load = () => fetchAll((url) => fetch(url, { signal: new AbortController().signal }));

export const requestRows: readonly Row[] = [
  {
    name: "fetch: answers of 64 KiB",
    against: "the platform's fetch, which nothing can stop",
    sizes: [1_000],
    expected: (n) => n * SIZE,
    floor: platform,
    ours,
    peers: { "fetch with a signal of its own": withSignal },
    goal: 1.05,
    reason:
      "A signal of its own, without which the platform cannot stop a request, costs up to 4 % of the time, measured alone. " +
      "The rest, the waits and an answer with another prototype, was not taken apart.",
  },
];
