// `async` makes a function that returns a promise; `await` pauses the function it stands in until a promise is settled.
//
// Run: deno run examples/async_await.ts

import { run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function downloadFile(name: string): Promise<number> {
  console.log(`${name}: started`);
  await sleep(20);
  console.log(`${name}: complete`);
  return 1024;
}

export async function main(): Promise<void> {
  // Calling it is enough to start it. In Python, a coroutine does not start before it is awaited or made a task.
  const download = downloadFile("report.pdf");
  console.log(`downloadFile() returned a promise: ${download instanceof Promise}`);
  console.log(`await gave its value: ${await download} bytes`);
}

if (import.meta.main) await run(main);

// Output:
// report.pdf: started
// downloadFile() returned a promise: true
// report.pdf: complete
// await gave its value: 1024 bytes
