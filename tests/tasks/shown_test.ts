import { assertEquals } from "@std/assert";
import { createTask, taskGroup, timeout } from "@asyncio/toolkit";

Deno.test("a scope that is printed shows what is public", async () => {
  const shown: string[] = [];
  await createTask((scope) => void shown.push(Deno.inspect(scope)), { name: "kettle" });
  await timeout(1_000, (scope) => void shown.push(Deno.inspect(scope).replace(/\d+/, "N")));
  await taskGroup((group) => {
    group.cancel();
    shown.push(Deno.inspect(group));
  }, { name: "orders" });
  assertEquals(shown, ['task "kettle" { open }', 'timeout "timeout-N" { open }', 'group "orders" { cancelled }']);
});
