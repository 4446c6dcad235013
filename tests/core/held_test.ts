import { assertEquals } from "@std/assert";
import { handOn, handOnReturned, type Held, held, Hold } from "../../lib/core/held.ts";
import { Scope } from "../../lib/core/scope.ts";
import { currentScope } from "../../lib/core/ambient.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { asCompleted, createTask, gather, Lock, mapConcurrent, race, shield, taskGroup, timeout } from "../../mod.ts";
import type { CancelledError } from "../../lib/errors.ts";
import { TestRoot } from "./test_root.ts";

/** Something that notes why it was let go of. */
class Thing implements Held {
  readonly hold: Hold = new Hold(this);
  /** What a program would have of it. */
  readonly handle = { [held]: this };
  log: (CancelledError | null)[] = [];

  constructor(owner: Scope) {
    this.hold.moveTo(owner);
  }

  release(error: CancelledError | null): void {
    this.log.push(error);
  }
}

Deno.test("Hold has what is held let go of when its scope ends, or is cancelled, once", () => {
  using root = new TestRoot();
  const [ended, cancelled] = [new Scope(root), new Scope(root)];
  const [one, other, over] = [new Thing(ended), new Thing(cancelled), new Thing(ended)];
  over.hold.end();
  ended.close();
  cancelled.cancelBecause("stop");
  cancelled.close();
  assertEquals([one.log, other.log, over.log], [[null], [cancelled.error], []]);
});

Deno.test("Hold keeps nothing outside of all tasks, and lets go at once in a cancelled scope", () => {
  using root = new TestRoot();
  const free = new Thing(root);
  assertEquals(free.hold.owner, null);
  const cancelled = new Scope(root);
  cancelled.cancelBecause("stop");
  assertEquals(new Thing(cancelled).log, [cancelled.error]);
});

Deno.test("handOn() hands on what the value gives access to, and nothing else", () => {
  class Opaque {}
  const circle: unknown[] = [];
  circle.push(circle);
  for (
    const [value, handed] of [
      [(it: object) => it, true],
      [(it: object) => [1, it], true],
      [(it: object) => ({ found: { it } }), true],
      [(it: object) => new Map([["it", new Set([it])]]), true],
      [() => () => 1, true],
      [() => new Opaque(), true],
      [() => new Proxy([], { ownKeys: () => [].at(0)! }), true],
      [() => new Array(20_000).fill(0).map((_, i) => i), true],
      [() => undefined, false],
      [() => "text", false],
      [() => ({ status: 200, date: new Date(), bytes: new Uint8Array(100_000) }), false],
      [() => circle, false],
    ] as [(it: object) => unknown, boolean][]
  ) {
    using root = new TestRoot();
    const outer = new Scope(root);
    const scope = new Scope(outer);
    const thing = new Thing(scope);
    handOn(scope, value(thing.handle));
    scope.close();
    assertEquals([thing.hold.owner === outer, thing.log.length], [handed, handed ? 0 : 1], String(value));
    outer.close();
    assertEquals(thing.log, [null]);
  }
});

Deno.test("handOn() hands on to the next scope that has not ended", () => {
  using root = new TestRoot();
  const outer = new Scope(root);
  const between = new Scope(outer);
  const scope = new Scope(between);
  const thing = new Thing(scope);
  between.close();
  handOn(scope, thing.handle);
  assertEquals(thing.hold.owner, outer);
  outer.close();
});

Deno.test("handOnReturned() hands on what has come up with a value, and not what was got here", () => {
  using root = new TestRoot();
  const outer = new Scope(root);
  const group = new Scope(outer);
  const child = new Scope(group);
  const [returned, own] = [new Thing(child), new Thing(group)];
  handOn(child, returned.handle);
  child.close();
  handOnReturned(group);
  group.close();
  assertEquals([returned.log, own.log], [[], [null]]);
  outer.close();
  assertEquals(returned.log, [null]);
});

/** Every way in which a function may be run for its value. */
const WAYS: Record<string, (open: () => object) => Promise<unknown>> = {
  "createTask()": (open) => createTask(open),
  "gather()": (open) => gather(open),
  "gather([…])": (open) => gather([open, () => 1], { concurrency: 1 }),
  "race()": (open) => race(open),
  "timeout()": (open) => timeout(1_000, open),
  "shield()": (open) => shield(open),
  "taskGroup()": (open) => taskGroup((group) => void group.createTask(open)),
  "lock.run()": (open) => new Lock().run(open),
  "asCompleted()": async (open) => {
    for await (const task of asCompleted([open])) void await task;
  },
  "mapConcurrent()": async (open) => {
    for await (const _ of mapConcurrent([1], open, { concurrency: 1 }));
  },
};

for (const [name, way] of Object.entries(WAYS)) {
  asyncTest(`what a function has opened is the caller's once ${name} has given it, until that has ended`, async () => {
    let thing: Thing | undefined;
    await createTask(async () => {
      await way(() => (thing = new Thing(currentScope())).handle);
      assertEquals(thing!.log, []);
    });
    assertEquals(thing!.log, [null]);
  });
}
