import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { runInScope } from "../../lib/core/ambient.ts";
import type { WaitKind } from "../../lib/core/instrument.ts";
import { Scope } from "../../lib/core/scope.ts";
import { refusal, throwIfRefused, Waiter } from "../../lib/core/waiter.ts";
import { countListeners } from "./count_listeners.ts";
import { TestRoot } from "./test_root.ts";

/** A wait in a queue of one. */
class InQueue extends Waiter<string> {
  queued = true;

  override get kind(): WaitKind {
    return "other";
  }

  override describe(): string {
    return "its turn in a test";
  }

  protected override withdraw(): void {
    this.queued = false;
  }
}

Deno.test("Waiter.resolve() wakes the caller with the value, and leaves the scope", async () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const waiter = new InQueue(scope);
  assertStrictEquals(scope.firstWaiting, waiter);
  waiter.resolve("value");
  assert(!waiter.waiting);
  assertEquals(scope.firstWaiting, null);
  assertEquals(await waiter.promise, "value");
});

Deno.test("Waiter.abort() leaves the primitive's queue before the caller hears of it", async () => {
  using root = new TestRoot();
  const waiter = new InQueue(root);
  waiter.abort("given up");
  assert(!waiter.queued);
  assertEquals(await waiter.promise.catch((error) => error), "given up");
});

Deno.test("Waiter: a value that came in the tick of the cancellation, just before it, is not lost", async () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const waiter = new InQueue(scope);
  waiter.resolve("granted");
  scope.cancelBecause("too late");
  assertEquals(await waiter.promise, "granted");
  assert(waiter.queued, "what was granted must not be withdrawn as well");
});

Deno.test("Waiter: a cancellation just before the value keeps the value with the primitive", async () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const waiter = new InQueue(scope);
  scope.cancelBecause("first");
  // The primitive asks this before it grants anything.
  assert(!waiter.waiting);
  waiter.resolve("must not arrive");
  assertStrictEquals(await waiter.promise.catch((error) => error), scope.error);
});

Deno.test("Waiter: the signal's reason comes back as the same object, and the scope goes on", async () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const controller = new AbortController();
  const waiter = new InQueue(scope, controller.signal);
  const reason = { my: "reason" };
  controller.abort(reason);
  assertStrictEquals(await waiter.promise.catch((error) => error), reason);
  assertEquals([waiter.queued, scope.error], [false, null]);
});

Deno.test("Waiter leaves no listener on the signal, however it ends", () => {
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  using root = new TestRoot();
  const scope = new Scope(root);
  new InQueue(scope, signal).resolve("value");
  new InQueue(scope, signal).promise.catch(() => {});
  scope.cancelBecause("stop");
  assertEquals(listeners.now, 0);
});

Deno.test("Waiter: a cancelled wait that nobody awaits is no unhandled rejection", async () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  new InQueue(scope);
  scope.cancelBecause("stop");
  await new Promise((resolve) => setTimeout(resolve, 0));
});

Deno.test("refusal() gives the scope's error before the signal's reason, and null when the way is free", async () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  assertEquals(refusal(scope), null);
  assertEquals(refusal(scope, new AbortController().signal), null);
  const aborted = AbortSignal.abort("reason");
  assertEquals(await refusal(scope, aborted)!.catch((error) => error), "reason");
  scope.cancelBecause("stop");
  assertStrictEquals(await refusal(scope, aborted)!.catch((error) => error), scope.error);
});

Deno.test("throwIfRefused() throws what refusal() would reject with, by default for the current scope", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  runInScope(scope, () => throwIfRefused());
  scope.cancelBecause("stop");
  assertStrictEquals(assertThrows(() => runInScope(scope, () => throwIfRefused())), scope.error);
});

Deno.test("refusal() and throwIfRefused() say what is wrong with a signal that is none", async () => {
  using root = new TestRoot();
  for (const [bad, shown] of [[null, "null"], ["stop", '"stop"'], [{}, "an object"]] as const) {
    const signal = bad as unknown as AbortSignal;
    await assertRejects(() => refusal(root, signal)!, TypeError, `current value is ${shown}`);
    assertThrows(() => throwIfRefused(root, signal), TypeError, `current value is ${shown}`);
  }
});
