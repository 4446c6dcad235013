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
