import { assertEquals } from "@std/assert";
import { childrenEnded, endChildrenThen } from "../../lib/core/owned.ts";
import { Scope } from "../../lib/core/scope.ts";
import { turn } from "./manual_clock.ts";
import { TestRoot } from "./test_root.ts";

Deno.test("endChildrenThen() ends at once where nothing is left", () => {
  const scope = new Scope(new TestRoot());
  let ended = false;
  endChildrenThen(scope, () => ended = true);
  assertEquals(ended, true);
});

Deno.test("endChildrenThen() cancels what is left, and waits for it", async () => {
  const scope = new Scope(new TestRoot());
  const left = new Scope(scope);
  let ended = false;
  endChildrenThen(scope, () => ended = true);
  await turn();
  assertEquals([left.error !== null, ended], [true, false]);
  left.close();
  await turn();
  assertEquals(ended, true);
  scope.close();
});

Deno.test("endChildrenThen() ends what comes while the last of what was left ends", async () => {
  const scope = new Scope(new TestRoot());
  const first = new Scope(scope);
  const left: number[] = [];
  endChildrenThen(scope, () => left.push([...scope.children()].length));
  first.close();
  const second = new Scope(scope);
  await turn();
  assertEquals([second.error !== null, left], [true, []]);
  second.close();
  await turn();
  assertEquals(left, [0]);
  scope.close();
});

Deno.test("childrenEnded() waits without cancelling when there is no reason to", async () => {
  const scope = new Scope(new TestRoot());
  const left = new Scope(scope);
  const ending = childrenEnded(scope, () => scope.close(), null);
  await turn();
  assertEquals([left.error, scope.closed], [null, false]);
  left.close();
  await ending;
  assertEquals(scope.closed, true);
});
