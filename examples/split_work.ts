// CPU work on an image, split into strips that the workers of a pool render at the same time.
//
// Run: deno run examples/split_work.ts

import { run, WorkerPool } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

const WIDTH = 40;
const HEIGHT = 9;

/** Runs in a worker, so it sees its arguments and nothing else. Each row takes some thousand steps a pixel. */
function render(strip: { from: number; to: number; width: number; height: number }): Uint8Array {
  const { from, to, width, height } = strip;
  const pixels = new Uint8Array((to - from) * width);
  for (let at = 0; at < pixels.length; at++) {
    const [cx, cy] = [(at % width) / width * 3.2 - 2.2, (from + Math.floor(at / width)) / (height - 1) * 2.4 - 1.2];
    let [x, y, n] = [0, 0, 0];
    while (n < 5_000 && x * x + y * y < 4) [x, y, n] = [x * x - y * y + cx, 2 * x * y + cy, n + 1];
    pixels[at] = n < 5_000 ? 0 : 1;
  }
  return pixels;
}

export async function main(): Promise<void> {
  await using pool = new WorkerPool();
  const strips = [0, 3, 6].map((from) => ({ from, to: from + 3, width: WIDTH, height: HEIGHT }));
  // The pixels change hands instead of being copied.
  const rendered = await pool.map(strips, render, { transferResult: true });
  for (const pixels of rendered) {
    for (let at = 0; at < pixels.length; at += WIDTH) {
      console.log([...pixels.subarray(at, at + WIDTH)].map((inside) => inside ? "*" : ".").join(""));
    }
  }
  console.log(`${HEIGHT} rows, in ${strips.length} strips`);
}

if (import.meta.main) await run(main);

// Output:
// ........................................
// ........................................
// .......................*******..........
// ...................**************.......
// ...****************************.........
// ...................**************.......
// .......................*******..........
// ........................................
// ........................................
// 9 rows, in 3 strips
