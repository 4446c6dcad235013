import { assertEquals } from "@std/assert";
import { waitKindOf } from "../../../lib/trace/record/kinds.ts";

Deno.test("waitKindOf() knows what the waits of the toolkit say of themselves", () => {
  for (
    const [what, kind] of [
      ["sleep 100 ms", "sleep"],
      ["its next turn", "turn"],
      ["worker fib", "worker"],
      ["the next value of a worker's stream", "worker"],
      ["room for another item", "queue"],
      ["gather of 3", "task"],
      ["race", "task"],
      ["2 of 5 tasks", "task"],
      ["the next task to complete", "task"],
      ['task "download"', "task"],
      ["a promise", "promise"],
      ["its turn at example.com", "network"],
      ["the moon", "other"],
    ] as const
  ) assertEquals(waitKindOf(what), kind, what);
});
