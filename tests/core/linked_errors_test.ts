import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { outermost } from "../../lib/core/ambient.ts";
import { chain, flattenErrors, suppress, suppressedBy } from "../../lib/core/linked_errors.ts";
import { Scope } from "../../lib/core/scope.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { CancelledError, createTask, isTimeout, sleep, TaskGroupError, timeout } from "../../mod.ts";
import { TestRoot } from "./test_root.ts";

/** Made anew each time: what is linked to one of them stays linked to it. */
const UNCHANGEABLE: Record<string, () => unknown> = {
  "is frozen": () => Object.freeze(new Error("frozen")),
  "is no Error": () => ({ code: 7 }),
};

for (const [what, make] of Object.entries(UNCHANGEABLE)) {
  Deno.test(`flattenErrors() takes no cancellation for an error, also where what was thrown ${what}`, async () => {
    const thrown = make();
    const task = createTask(() => sleep(60_000).catch(() => Promise.reject(thrown)), { eager: true });
    task.cancel();
    const error = await task.catch((error) => error);
    assertEquals(error, thrown);
    assertEquals(flattenErrors(error), [thrown]);
  });

  Deno.test(`flattenErrors() finds the TimeoutError behind an error that cannot have a cause as it ${what}`, async () => {
    const error = await timeout(0, () => sleep(60_000).catch(() => Promise.reject(make()))).catch((error) => error);
    assertEquals(flattenErrors(error).map(isTimeout), [false, true]);
  });
}

Deno.test("suppress() keeps losers in order, each once, and an error never of itself", () => {
  const [winner, a, b] = [new Error("winner"), new Error("a"), new Error("b")];
  for (const loser of [a, b, a, winner]) assert(suppress(winner, loser));
  assertEquals(suppressedBy(winner), [a, b]);
});

Deno.test("suppress() says when the winner is no object and cannot carry anything", () => {
  for (const winner of ["text", 1, null, undefined]) {
    assert(!suppress(winner, new Error("loser")));
    assertEquals(suppressedBy(winner), []);
  }
});

Deno.test("suppress() takes an error that is frozen", () => {
  const winner = Object.freeze(new Error("frozen"));
  assert(suppress(winner, "loser"));
  assertEquals(suppressedBy(winner), ["loser"]);
});

Deno.test("flattenErrors() lists 200 000 suppressed errors, in linear time", () => {
  const winner = new Error("winner");
  const losers = Array.from({ length: 200_000 }, (_, i) => ({ loser: i }));
  for (const loser of losers) suppress(winner, loser);
  assertEquals(flattenErrors(winner).length, 200_001);
});

Deno.test("chain() hangs the cause at the end of the chain, unseen by enumeration", () => {
  const root = new Error("root");
  const error = new Error("top", { cause: root });
  const cause = new Error("cancelled");
  chain(error, cause, outermost);
  assertStrictEquals(root.cause, cause);
  assertEquals(Object.keys(root), []);
});

Deno.test("chain() lets an error collect causes on its way out, and not on another way", () => {
  using root = new TestRoot();
  const outer = new Scope(root);
  const inner = new Scope(outer);
  const error = new Error("shared by several");
  const [first, second] = [new Error("in the inner one"), new Error("in the outer one")];
  chain(error, first, inner);
  chain(error, second, outer);
  assertStrictEquals(error.cause, first);
  assertStrictEquals(first.cause, second);
  const again = new Error("once more, further in, or elsewhere");
  for (const scope of [inner, new Scope(outer), new Scope(root)]) chain(error, again, scope);
  assertEquals(second.cause, undefined);
});

Deno.test("chain() leaves alone what is in the chain already", () => {
  const cause = new Error("cause");
  const error = new Error("top", { cause });
  chain(error, cause, outermost);
  chain(error, error, outermost);
  assertStrictEquals(error.cause, cause);
  assertEquals(cause.cause, undefined);
});

Deno.test("chain() never makes a circle", () => {
  const error = new Error("failure");
  const cancellation = new CancelledError("", { reason: error });
  chain(error, cancellation, outermost);
  assertEquals(error.cause, undefined);
  assertEquals(flattenErrors(error), [error]);
});

Deno.test("chain() ends on a chain that is a circle from the start", () => {
  const a = new Error("a");
  a.cause = new Error("b", { cause: a });
  chain(a, new Error("c"), outermost);
});

Deno.test("chain() keeps the cause as a suppressed error where it cannot change anything", () => {
  const cause = new Error("cause");
  for (const error of [Object.freeze(new Error("frozen")), new Error("top", { cause: "a string" })]) {
    chain(error, cause, outermost);
    assertEquals(suppressedBy(error), [cause]);
  }
});

Deno.test("flattenErrors() gives a single error as it is", () => {
  for (const error of [new Error("one"), "text", undefined, null]) assertEquals(flattenErrors(error), [error]);
});

Deno.test("flattenErrors() looks into aggregates, groups and suppressed errors, each leaf once, in order", () => {
  const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => new Error(name));
  const inner = new TaskGroupError([b, a]);
  suppress(inner, e);
  const error = new AggregateError([a, inner, new SuppressedError(c, d)]);
  assertEquals(flattenErrors(error), [a, b, e, c, d]);
});

Deno.test("flattenErrors() does not follow causes", () => {
  const error = new Error("top", { cause: new Error("below") });
  assertEquals(flattenErrors(error), [error]);
});

Deno.test("flattenErrors() ends on circles, and still gives at least one error", () => {
  const [a, b] = [new Error("a"), new Error("b")];
  suppress(a, b);
  suppress(b, a);
  assertEquals(flattenErrors(a), [a, b]);
  const circle = new AggregateError([]);
  circle.errors = [circle];
  assertEquals(flattenErrors(circle), [circle]);
});

Deno.test("flattenErrors() of an aggregate without errors is the aggregate", () => {
  const empty = new AggregateError([]);
  assertEquals(flattenErrors(empty), [empty]);
});

function depthOf(error: unknown): number {
  let depth = 0;
  for (let each = error; each instanceof Error; each = each.cause) depth++;
  return depth;
}

asyncTest("an error object that is thrown again and again does not collect causes", async () => {
  const shared = new Error("shared");
  for (let i = 0; i < 20; i++) {
    const task = createTask(() => sleep(60_000).catch(() => Promise.reject(shared)), { eager: true });
    task.cancel();
    await task.settled();
    await timeout(1, () => sleep(60_000).catch(() => Promise.reject(shared))).catch(() => {});
  }
  assert(depthOf(shared) <= 3);
});

asyncTest("an error whose cause cannot be read, or not be set, is the outcome all the same", async () => {
  class Unreadable extends Error {
    override get cause(): unknown {
      throw new Error("not available");
    }
  }
  const sealed = Object.defineProperty(new Error("sealed"), "cause", { value: undefined, configurable: false });
  for (const error of [new Unreadable("disk full"), sealed, Object.freeze(new Error("frozen"))]) {
    const task = createTask(() => sleep(60_000).catch(() => Promise.reject(error)), { eager: true });
    task.cancel();
    await task.settled();
    assertEquals(task.exception(), error);
  }
});
