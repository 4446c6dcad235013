// A parser in a worker, written as a generator: its rows arrive one by one, it never runs far ahead of its reader, and it
// is closed, `finally` and all, when the reader has seen enough.
//
// Run: deno run examples/streaming_parser.ts

import { run, WorkerPool } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

/** One row of the table. */
interface Row {
  name: string;
  born: number;
}

/** Runs in a worker. Each `yield` is one turn of the loop below; `onClose` is a function of the main program. */
async function* parse(lines: number, onClose: (row: number) => void): AsyncGenerator<Row> {
  const people = ["Ada,1815", "Grace,1906", "Edsger,1930", "Barbara,1939"];
  let row = 0;
  try {
    while (row < lines) {
      // As good as a line of a file that would not fit into memory.
      const [name, born] = people[row++ % people.length]!.split(",");
      yield { name: name!, born: Number(born) };
    }
  } finally {
    await onClose(row);
  }
}

export async function main(): Promise<void> {
  await using pool = new WorkerPool({ size: 1 });
  const onClose = (row: number) => console.log(`closed, ${row < 100 ? "long" : "not long"} before row 1000000`);
  let rows = 0;
  for await (const { name, born } of pool.stream(parse, [1_000_000, onClose], { ahead: 8 })) {
    console.log(`${name}, born ${born}`);
    if (++rows === 3) break;
  }
}

if (import.meta.main) await run(main);

// Output:
// Ada, born 1815
// Grace, born 1906
// Edsger, born 1930
// closed, long before row 1000000
