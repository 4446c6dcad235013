// Kills a busy worker and lets the pool replace it, a thousand times, and shows that nothing is left behind.
//
// Run: deno run --allow-read bench/respawn.ts [cycles]

import { WorkerPool, WorkerTimeoutError } from "../mod.ts";

const cycles = Number(Deno.args[0] ?? 1_000);

function spin(): never {
  for (;;);
}

/** Threads and open files of this process. */
function handles(): string {
  const count = (path: string) => [...Deno.readDirSync(path)].length;
  return `${count("/proc/self/task")} threads, ${count("/proc/self/fd")} open files`;
}

const show = (cycle: number) =>
  console.log(`${cycle} cycles: ${(Deno.memoryUsage().rss / 2 ** 20).toFixed(0)} MB, ${handles()}`);

await using pool = new WorkerPool({ size: 2 });
const stopped: Record<string, number> = {};
for (let cycle = 0; cycle < cycles; cycle++) {
  const error = await pool.run(spin, [], { timeout: 20, grace: 0 }).catch((error: unknown) => error);
  const how = error instanceof WorkerTimeoutError ? `${error.stopped}` : `unexpected: ${error}`;
  stopped[how] = (stopped[how] ?? 0) + 1;
  if (cycle % (cycles / 10) === 0) show(cycle);
}
show(cycles);
console.log(stopped);
