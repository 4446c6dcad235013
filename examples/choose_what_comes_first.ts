// A worker that waits for several things, and takes exactly one of them: urgent jobs, ordinary ones, or the end of the day.
// What it does not choose stays where it is: no job is lost when another one comes at the same moment.
//
// Run: deno run examples/choose_what_comes_first.ts

import { after, createTask, Event, Queue, run, select, sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

const [urgent, ordinary] = [new Queue<string>(), new Queue<string>()];
const closing = new Event();

async function work(): Promise<void> {
  for (;;) {
    const chosen = await select({
      urgent: urgent.gets(),
      ordinary: ordinary.gets(),
      closing: closing.waits(),
      idle: after(300),
    });
    switch (chosen.is) {
      case "urgent":
      case "ordinary":
        console.log(`${chosen.is}: ${chosen.value}`);
        break;
      case "closing":
        return console.log("closing time");
      case "idle":
        console.log("nothing to do for 300 ms");
    }
  }
}

export async function main(): Promise<void> {
  const worker = createTask(work);
  await ordinary.put("water the plants");
  await sleep(20);
  await urgent.put("put out the fire");
  await sleep(450);
  closing.set();
  await worker;
  console.log("left undone:", urgent.size + ordinary.size);
}

if (import.meta.main) await run(main);

// Output:
// ordinary: water the plants
// urgent: put out the fire
// nothing to do for 300 ms
// closing time
// left undone: 0
