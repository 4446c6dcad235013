/**
 * A program that makes requests: for each line `URL N` of its standard input it makes N, some at a time, and answers with a
 * line, the bytes that have come.
 *
 * @module
 */

import { linesOf } from "./lines.ts";

/** How many are under way at a time. */
const AT_A_TIME = 16;

for await (const line of linesOf(Deno.stdin.readable)) {
  const [url, count] = line.split(" ");
  let left = Number(count);
  let bytes = 0;
  const ask = async () => {
    while (left-- > 0) {
      const { length } = await (await fetch(url!)).bytes();
      bytes += length;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, ask));
  Deno.stdout.writeSync(new TextEncoder().encode(`${bytes}\n`));
}
