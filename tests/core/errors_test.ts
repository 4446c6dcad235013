import { outermost } from "../../lib/core/ambient.ts";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  CancelledError,
  InvalidStateError,
  isCancelled,
  isStampedBy,
  isTimeout,
  stamp,
  TaskGroupError,
  TimeoutError,
} from "../../lib/errors.ts";
import { chain } from "../../lib/core/chain.ts";
import { flattenErrors, suppress, suppressedBy } from "../../lib/core/linked_errors.ts";

Deno.test("CancelledError is a DOMException named AbortError that carries its reason as cause", () => {
  const reason = new Error("why");
  const error = new CancelledError("Cancelled", { reason });
  assertInstanceOf(error, DOMException);
  assertInstanceOf(error, Error);
  assertEquals([error.name, error.message], ["AbortError", "Cancelled"]);
  assertStrictEquals(error.reason, reason);
  assertStrictEquals(error.cause, reason);
  assert(!("cause" in new CancelledError()));
});

Deno.test("TimeoutError is a DOMException named TimeoutError", () => {
  const cause = new Error("slow");
  const error = new TimeoutError("Timed out after 5 ms", { cause });
  assertInstanceOf(error, DOMException);
  assertEquals([error.name, error.cause], ["TimeoutError", cause]);
});

Deno.test("InvalidStateError and TaskGroupError have names of their own", () => {
  assertEquals(String(new InvalidStateError("no")), "InvalidStateError: no");
  const group = new TaskGroupError([1, 2], "two");
  assertInstanceOf(group, AggregateError);
  assertEquals([group.name, group.errors], ["TaskGroupError", [1, 2]]);
});

Deno.test("isCancelled() and isTimeout() tell the kinds apart", () => {
  assertEquals(
    [new CancelledError(), new DOMException("", "AbortError"), new Error(), null].map(isCancelled),
    [true, false, false, false],
  );
  assertEquals(
    [new TimeoutError(), new DOMException("", "TimeoutError"), new CancelledError(), { name: "TimeoutError" }].map(
      isTimeout,
    ),
    [true, true, false, false],
  );
});

Deno.test("isStampedBy() knows only the scope that caused the cancellation", () => {
  const scope = {};
  const error = new CancelledError();
  stamp(error, scope);
  assert(isStampedBy(error, scope));
  assert(!isStampedBy(error, {}));
  assert(!isStampedBy(new Error(), scope));
});

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
