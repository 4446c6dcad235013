// Work that is drained: a signal stops what brings new jobs, those that are there are done, and then the program ends. A
// second one leaves at once. Try Ctrl-C, or kill, while it runs.
//
// Run: deno run examples/drain.ts

import { createTask, gather, Queue, run, shield, sleep, timeout } from "../mod.ts"; // "@asyncio/toolkit" in yours

/** Does jobs until the queue is shut down and empty. */
async function work(jobs: Queue<number>): Promise<void> {
  for await (const job of jobs) {
    await sleep(100);
    console.log(`job ${job} is done`);
  }
}

/** Brings jobs; in a real program for ever. */
async function produce(jobs: Queue<number>): Promise<void> {
  for (let job = 1; job <= 8; job++) await jobs.put(job);
  console.log("8 jobs are there");
  await sleep(1_000);
}

export async function main(): Promise<void> {
  const jobs = new Queue<number>();
  // Detached: what cancels `main` does not reach the workers.
  const workTogether = () => gather(() => work(jobs), () => work(jobs));
  const workers = createTask(workTogether, { name: "workers", detached: true });
  try {
    await produce(jobs); // this is where a signal is felt
  } finally {
    jobs.shutdown(); // nothing more comes, and the workers end when all is done
    await shield(() => timeout(10_000, workers)); // after that time, the end of the program cancels them
  }
}

if (import.meta.main) await run(main);

// Output:
// 8 jobs are there
// job 1 is done
// job 2 is done
// job 3 is done
// job 4 is done
// job 5 is done
// job 6 is done
// job 7 is done
// job 8 is done
