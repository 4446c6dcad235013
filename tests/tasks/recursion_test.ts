// A recursion without end fills the stack, which takes a process of its own: some 300 ms each.
import { assertEquals } from "@std/assert";
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
