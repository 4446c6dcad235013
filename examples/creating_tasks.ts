// Tasks run side by side: all start, all wait, all finish. A task has a name and a state, and can be cancelled.
//
// Run: deno run examples/creating_tasks.ts

import { createTask, gather, run, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

async function worker(id: number): Promise<void> {
  console.log(`Worker ${id} started`);
  await sleep(20);
  console.log(`Worker ${id} finished`);
}

export async function main(): Promise<void> {
  const tasks = [0, 1, 2].map((id) => createTask(() => worker(id), { name: `worker-${id}` }));
  console.log(tasks.map((task) => `${task.name} is ${task.state}`).join(", "));
  await gather(tasks);

  const late = createTask(() => worker(3), { name: "worker-3" });
  late.cancel("the others were enough");
  await late.settled();
  console.log(`${late.name} is ${late.state}`);
}

if (import.meta.main) await run(main);

// Output:
// worker-0 is pending, worker-1 is pending, worker-2 is pending
// Worker 0 started
// Worker 1 started
// Worker 2 started
// Worker 0 finished
// Worker 1 finished
// Worker 2 finished
// worker-3 is cancelled
