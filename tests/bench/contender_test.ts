// Each test starts a process or two, which takes some tenths of a second.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ContenderProcess } from "../../bench/contender_process.ts";
import { ROWS } from "../../bench/rows.ts";

const row = ROWS.find(({ name }) => name === "create and await a task")!;

Deno.test("ContenderProcess does rounds until their time has passed", async () => {
  await using process = await ContenderProcess.start(row, "floor", row.floor);
  const { cost, rounds } = await process.turn(10, 5);
  assert(rounds > 1 && cost > 0, `${rounds} rounds of ${cost} ms`);
});

Deno.test("ContenderProcess.start() rejects with what the program said at its end", async () => {
  const code = "console.error('Error: no such library'); Deno.exit(3)";
  const program = { command: [Deno.execPath(), "eval", code] as const };
  const error = await assertRejects(() => ContenderProcess.start(row, "other", program), Error);
  assertEquals(error.message, "ended with 3: Error: no such library");
});

Deno.test("every row has a name of its own", () => {
  const names = ROWS.map(({ name }) => name);
  assertEquals(names, [...new Set(names)]);
});
