// A recursion without end fills the stack, which takes a process of its own: some 300 ms each.
import { assertEquals, assertRejects } from "@std/assert";
import { allTasks, asCompleted, CancelledError, createTask, mapConcurrent, taskGroup } from "../../mod.ts";
import { runProgram } from "../program.ts";

const KINDS: Record<string, string> = {
  "createTask() of an eager function": "createTask(recur, { eager: true })",
  "gather()": "gather(recur)",
  "gather(), one at a time": "gather([recur, recur], { concurrency: 1 })",
  "race()": "race(recur)",
  "shield()": "shield(recur)",
  "taskGroup()": "taskGroup(recur)",
  "timeout()": "timeout(60_000, recur)",
};

for (const [name, call] of Object.entries(KINDS)) {
  Deno.test(`${name} that starts itself without end fails as any recursion does, and leaves nothing open`, async () => {
    const { code, stdout, stderr } = await runProgram(
      "allTasks, createTask, flattenErrors, gather, race, shield, taskGroup, timeout",
      `
      const recur = () => ${call};
      const error = await createTask(recur).catch((error) => error);
      console.log(String(flattenErrors(error)[0]), allTasks().length);
      `,
    );
    assertEquals([code, stdout, stderr], [0, "RangeError: Maximum call stack size exceeded 0", ""]);
  });
}

/** Nodes that lead to each other, in a circle. */
const circle: { next: unknown[] } = { next: [] };
circle.next.push(circle);

/** Ways to go from node to node that wait on each step, and so do not fill the stack. */
const WALKS: Record<string, (nodes: unknown[], visit: (node: unknown) => Promise<unknown>) => Promise<unknown>> = {
  "mapConcurrent()": (nodes, visit) => Array.fromAsync(mapConcurrent(nodes, visit, { concurrency: 1 })),
  "mapConcurrent(), not ordered": (nodes, visit) =>
    Array.fromAsync(mapConcurrent(nodes, visit, { concurrency: 2, ordered: false })),
  "asCompleted()": async (nodes, visit) => {
    for await (const task of asCompleted(nodes.map((node) => () => visit(node)))) await task;
  },
  "createTask()": (nodes, visit) => createTask(() => visit(nodes[0])),
  "group.createTask()": (nodes, visit) => taskGroup((group) => group.createTask(() => visit(nodes[0]))),
  "group.start()": (nodes, visit) => taskGroup((group) => group.start(() => visit(nodes[0]))),
};

/** How deep no walk comes before a timer fires, unless it keeps that from its turn. */
const FROZEN = 20_000;

for (const [name, walk] of Object.entries(WALKS)) {
  Deno.test(`${name} over a circle of data lets timers fire, and leaves nothing open when it is cancelled`, async () => {
    let depth = 0;
    const visit = (): Promise<unknown> => {
      if (++depth > FROZEN) throw new Error("No timer has fired");
      return walk(circle.next, visit);
    };
    const task = createTask(visit);
    setTimeout(() => task.cancel(), 0);
    await assertRejects(() => task, CancelledError);
    assertEquals(allTasks(), []);
  });
}
