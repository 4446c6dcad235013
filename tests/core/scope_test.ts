import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { CancelledError, isStampedBy } from "../../lib/errors.ts";
import { currentScope, outermost, runInScope } from "../../lib/core/ambient.ts";
import type { WaitKind } from "../../lib/core/instrument.ts";
import { Scope, type Waiting } from "../../lib/core/scope.ts";
import { suppressedBy } from "../../lib/core/linked_errors.ts";
import { turn } from "./manual_clock.ts";
import { TestRoot } from "./test_root.ts";
import { AsyncLocalStorage } from "node:async_hooks";
import { createTask, currentTask, moveOnAfter, sleep } from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Each order of `items`. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, index) => permutations(items.toSpliced(index, 1)).map((rest) => [first, ...rest]));
}

class Shield extends Scope {
  override get shielded(): boolean {
    return true;
  }
}

/** A wait that notes with which error it was given up. */
class Blocked implements Waiting {
  before: Waiting | null = null;
  after: Waiting | null = null;
  error: unknown;

  constructor(readonly scope: Scope, readonly then: () => void = () => {}) {
    scope.add(this);
  }

  abort(error: unknown): void {
    this.error = error;
    this.scope.remove(this);
    this.then();
  }

  get kind(): WaitKind {
    return "other";
  }

  describe(): string {
    return "a test";
  }
}

Deno.test("Scope.cancelBecause() makes one error, stamped by the scope, for all that it reaches", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const grandchild = new Scope(new Scope(scope));
  assert(scope.cancelBecause("stop", "why"));
  assertInstanceOf(scope.error, CancelledError);
  assertStrictEquals(grandchild.error, scope.error);
  assertEquals(scope.error.reason, "why");
  assert(isStampedBy(scope.error, scope) && !isStampedBy(scope.error, grandchild));
  assertEquals(root.error, null);
});

Deno.test("Scope.cancelBecause() is idempotent: the first reason stands", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  scope.cancelBecause("stop", "first");
  const { error } = scope;
  assert(!scope.cancelBecause("stop", "second"));
  assertStrictEquals(scope.error, error);
});

Deno.test("Scope.cancelBecause() changes nothing once the scope has ended", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  scope.close();
  assert(!scope.cancelBecause("too late"));
  assertEquals(scope.error, null);
});

Deno.test("Scope.cancelBecause() leaves a child its own, earlier cancellation", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const child = new Scope(scope);
  child.cancelBecause("child");
  const { error } = child;
  scope.cancelBecause("parent");
  assertStrictEquals(child.error, error);
});

Deno.test("Scope.cancelBecause() stops at a shield, and a child born in a cancelled scope is cancelled", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const shield = new Shield(scope);
  const inside = new Scope(shield);
  scope.cancelBecause("stop");
  assertEquals([shield.error, inside.error], [null, null]);
  assertStrictEquals(new Scope(scope).error, scope.error);
  assertEquals(new Shield(scope).error, null);
});

Deno.test("Scope.cancelBecause() marks the whole tree before it wakes anybody", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const child = new Scope(scope);
  const grandchild = new Scope(child);
  let seen: unknown[] = [];
  new Blocked(scope, () => seen = [child.error, grandchild.error]);
  scope.cancelBecause("stop");
  assertEquals(seen, [scope.error, scope.error]);
});

Deno.test("Scope.cancelBecause() wakes all waits in order, and one that goes away on the way is left alone", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const first = new Blocked(scope, () => scope.remove(second));
  const second = new Blocked(scope);
  const third = new Blocked(new Scope(scope));
  scope.cancelBecause("stop");
  assertStrictEquals(first.error, scope.error);
  assertEquals(second.error, undefined);
  assertStrictEquals(third.error, scope.error);
});

Deno.test("Scope.remove() takes a wait off, from any place in the list, and those that come later are reached", () => {
  for (const count of [1, 2, 3, 4]) {
    for (const order of permutations([...Array(count).keys()])) {
      for (let gone = 1; gone <= count; gone++) {
        using root = new TestRoot();
        const scope = new Scope(root);
        const woken: string[] = [];
        const wait = (name: string) => new Blocked(scope, () => woken.push(name));
        const waits = order.map((_, index) => wait(`first ${index}`));
        for (const index of order.slice(0, gone)) scope.remove(waits[index]!);
        wait("later");
        wait("last");
        scope.cancelBecause("stop");
        const left = order.slice(gone).sort().map((index) => `first ${index}`);
        assertEquals(woken, [...left, "later", "last"], `${gone} of ${order}`);
      }
    }
  }
});

Deno.test("Scope.cancelBecause() reaches 100 000 levels down without overflowing the stack", () => {
  using root = new TestRoot();
  const top = new Scope(root);
  let deepest = top;
  for (let depth = 0; depth < 100_000; depth++) deepest = new Scope(deepest);
  top.cancelBecause("stop");
  assertStrictEquals(deepest.error, top.error);
  for (let scope: Scope = deepest; scope !== root; scope = scope.parent!) scope.close();
});

Deno.test("Scope.signal aborts with the very error of the cancellation, whether asked for before or after it", () => {
  using root = new TestRoot();
  const early = new Scope(root);
  const { signal } = early;
  early.cancelBecause("stop");
  assertStrictEquals(signal.reason, early.error);
  const late = new Scope(root);
  late.cancelBecause("stop");
  assertStrictEquals(late.signal.reason, late.error);
  assertStrictEquals(late.signal, late.signal);
});

Deno.test("Scope.signal: a listener that throws stops no other", () => {
  const errors: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    errors.push(event.error);
  };
  addEventListener("error", onError);
  using root = new TestRoot();
  const scope = new Scope(root);
  const child = new Scope(scope);
  scope.signal.addEventListener("abort", () => {
    throw "listener";
  });
  const { signal } = child;
  const blocked = new Blocked(child);
  scope.cancelBecause("stop");
  removeEventListener("error", onError);
  assertEquals(errors, ["listener"]);
  assert(signal.aborted);
  assertStrictEquals(blocked.error, scope.error);
});

Deno.test("Scope.cancelOn() cancels when the signal fires, at once if it has, and no more after the end", () => {
  using root = new TestRoot();
  const controller = new AbortController();
  const [waiting, ended] = [new Scope(root), new Scope(root)];
  for (const scope of [waiting, ended]) scope.cancelOn(controller.signal);
  ended.close();
  controller.abort("fired");
  assertEquals([waiting.error?.reason, waiting.abortedBySignal], ["fired", true]);
  assertEquals(ended.error, null);
  const late = new Scope(root);
  late.cancelOn(controller.signal);
  assertEquals(late.error?.reason, "fired");
});

Deno.test("Scope.abortedBySignal is false when something else was first", () => {
  const controller = new AbortController();
  using root = new TestRoot();
  const scope = new Scope(root);
  scope.cancelOn(controller.signal);
  scope.cancelBecause("first");
  controller.abort();
  assert(!scope.abortedBySignal);
});

Deno.test("Scope.close() takes a scope out of its parent, from any place in the list", () => {
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2]]) {
    using root = new TestRoot();
    const parent = new Scope(root);
    const children = [new Scope(parent), new Scope(parent), new Scope(parent)];
    const left = new Set(children);
    for (const index of order) {
      children[index]!.close();
      left.delete(children[index]!);
      assertEquals(childrenOf(parent), [...left]);
    }
  }
});

Deno.test("Scope.close() lets go of its neighbours: a finished task keeps no later ones alive", () => {
  using root = new TestRoot();
  const parent = new Scope(root);
  const [first, second] = [new Scope(parent), new Scope(parent)];
  first.close();
  assertEquals(first.nextSibling, null);
  second.close();
});

Deno.test("Scope.whenEmpty() calls back when the last child has left, at once if there is none", () => {
  using root = new TestRoot();
  const parent = new Scope(root);
  const order: string[] = [];
  parent.whenEmpty(() => order.push("empty from the start"));
  const [a, b] = [new Scope(parent), new Scope(parent)];
  parent.whenEmpty(() => order.push("empty again"));
  a.close();
  order.push("one left");
  b.close();
  assertEquals(order, ["empty from the start", "one left", "empty again"]);
});

Deno.test("Scope: a child of a scope that has ended belongs to the next one up", () => {
  using root = new TestRoot();
  const outer = new Scope(root);
  const ended = new Scope(outer);
  ended.close();
  const child = new Scope(ended);
  assertStrictEquals(child.parent, outer);
  outer.cancelBecause("stop");
  assertStrictEquals(child.error, outer.error);
});

Deno.test("Scope: a child of a cancelled scope that has ended is cancelled", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  scope.cancelBecause("stop");
  const { error } = scope;
  scope.close();
  assertStrictEquals(new Scope(scope).error, error);
});

Deno.test("Scope: a child of a scope that has ended is cancelled with the next one up, also afterwards", () => {
  using root = new TestRoot();
  const outer = new Scope(root);
  const ended = new Scope(outer);
  ended.close();
  outer.cancelBecause("stop");
  assertStrictEquals(new Scope(ended).error, outer.error);
});

Deno.test("Scope.contains() and Scope.root look up the tree", () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const child = new Scope(scope);
  assert(scope.contains(child) && scope.contains(scope) && root.contains(child));
  assert(!child.contains(scope));
  const older = new Scope(scope);
  const nephew = new Scope(child);
  assert(!older.contains(nephew) && !nephew.contains(older) && scope.contains(nephew));
  assertStrictEquals(child.root, root);
  assertStrictEquals(root.root, root);
  using inner = new TestRoot(root.clock, child);
  assertStrictEquals(new Scope(inner).root, inner);
});

Deno.test("RootScope.supersede() keeps an error reachable and reports it; a cancellation is no loss", () => {
  using root = new TestRoot();
  const reported: unknown[] = [];
  root.onSuperseded = (error) => reported.push(error);
  const [winner, loser] = [new Error("winner"), new Error("loser")];
  root.supersede(winner, loser);
  root.supersede(winner, winner);
  root.supersede(winner, new CancelledError());
  assertEquals(reported, [loser]);
  assert(suppressedBy(winner).includes(loser));
});

Deno.test("currentScope() follows await, timers and callbacks, and is the outermost one elsewhere", async () => {
  using root = new TestRoot();
  const scope = new Scope(root);
  const seen: Scope[] = [];
  await runInScope(scope, async () => {
    seen.push(currentScope());
    await null;
    seen.push(currentScope());
    await turn();
    seen.push(currentScope());
    await new Promise<void>((resolve) =>
      setTimeout(() => {
        seen.push(currentScope());
        queueMicrotask(() => resolve(void seen.push(currentScope())));
      }, 0)
    );
  });
  assertEquals(seen, Array(5).fill(scope));
  assertStrictEquals(currentScope(), outermost);
});

Deno.test("currentScope() of code that outlived its scope is the next one up, unless that was cancelled", () => {
  using root = new TestRoot();
  const outer = new Scope(root);
  const [ended, cancelled] = [new Scope(outer), new Scope(outer)];
  cancelled.cancelBecause("stop");
  for (const scope of [ended, cancelled]) scope.close();
  assertStrictEquals(runInScope(ended, currentScope), outer);
  assertStrictEquals(runInScope(cancelled, currentScope), cancelled);
});

function childrenOf(parent: Scope): Scope[] {
  const children: Scope[] = [];
  for (let child = parent.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

asyncTest("what an abort listener starts in a task that lives on is not cancelled with the scope", async () => {
  const log: string[] = [];
  await createTask(async () => {
    await moveOnAfter(5, async ({ signal }) => {
      signal.addEventListener("abort", () => {
        log.push(currentTask()!.name);
        createTask(async () => {
          await sleep(5);
          log.push("saved");
        });
      });
      await sleep(60_000);
    });
    await sleep(20);
  }, { name: "request" });
  assertEquals(log, ["request", "saved"]);
});

asyncTest("an abort listener runs as part of the code that asked for the signal, whoever cancels", async () => {
  const request = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const handle = request.run("B", () =>
    createTask(async ({ signal }) => {
      signal.addEventListener("abort", () => seen.push(currentTask()?.name, request.getStore()));
      await sleep(60_000);
    }, { name: "B", eager: true }));
  await request.run("A", () => createTask(() => handle.cancel(), { name: "A" }));
  assertInstanceOf((await handle.settled() as PromiseRejectedResult).reason, CancelledError);
  assertEquals(seen, ["B", "B"]);
});
