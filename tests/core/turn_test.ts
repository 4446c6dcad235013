import { assertEquals } from "@std/assert";
import { callNextTurn, cancelTurn, inNextTurn, nextTurn, queueTurn, type Turn } from "../../lib/core/turn.ts";
import { turn } from "./manual_clock.ts";

function recording(order: string[], name: string, then: () => void = () => {}): Turn {
  return {
    run() {
      order.push(name);
      then();
    },
  };
}

Deno.test("queueTurn() runs in the next turn of the loop, in order, after all microtasks", async () => {
  const order: string[] = [];
  queueTurn(recording(order, "a"));
  queueTurn(recording(order, "b"));
  queueMicrotask(() => order.push("microtask"));
  await turn();
  assertEquals(order, ["microtask", "a", "b"]);
});

Deno.test("queueTurn() within a turn waits for the one after it", async () => {
  const order: string[] = [];
  queueTurn(recording(order, "first", () => queueTurn(recording(order, "second"))));
  await turn();
  assertEquals(order, ["first"]);
  await turn();
  assertEquals(order, ["first", "second"]);
});

Deno.test("cancelTurn() before the turn, or within it, keeps one from running", async () => {
  const order: string[] = [];
  const [a, c] = [recording(order, "a"), recording(order, "c")];
  const b = recording(order, "b", () => cancelTurn(c));
  for (const each of [a, b, c]) queueTurn(each);
  cancelTurn(a);
  await turn();
  assertEquals(order, ["b"]);
});

Deno.test("cancelTurn() of the last leaves nothing to keep the process alive", () => {
  const only = recording([], "only");
  queueTurn(only);
  cancelTurn(only);
  cancelTurn(only);
});

Deno.test("waits that share a turn go on in their order, as they would have gone on at once", async () => {
  const log: string[] = [];
  const note = (name: string) => () => void log.push(name);
  const bare = nextTurn().then(note("bare"));
  const valued = inNextTurn("a value").then(note("valued"));
  const { promise, resolve } = Promise.withResolvers<void>();
  callNextTurn(resolve);
  const called = promise.then(note("called"));
  const last = nextTurn().then(note("last"));
  await Promise.all([bare, valued, called, last]);
  assertEquals(log, ["bare", "valued", "called", "last"]);
});
