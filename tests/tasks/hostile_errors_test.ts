import { assert, assertEquals } from "@std/assert";
import {
  allTasks,
  createTask,
  flattenErrors,
  gather,
  isCancelled,
  isTimeout,
  mapConcurrent,
  moveOnAfter,
  Queue,
  race,
  sleep,
  taskGroup,
  TaskGroupError,
  timeout,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** What was thrown may be anything, be it a proxy that throws for whatever is asked of it. */
const HOSTILE: Record<string, () => object> = {
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable(new Error("revoked"), {});
    revoke();
    return proxy;
  },
  "a proxy that hides its prototype": () =>
    new Proxy(new Error("hidden"), {
      getPrototypeOf() {
        throw new Error("not to be asked");
      },
    }),
  "an error that does not tell whether it is extensible": () =>
    new Proxy(new Error("unknown"), {
      isExtensible() {
        throw new Error("not to be asked");
      },
    }),
};

/** Ways for an error to come out: of a function that throws it at once, and of one that does when it is cancelled. */
const WAYS: Record<string, (fail: () => Promise<never>, failLate: () => Promise<never>) => Promise<unknown>> = {
  "createTask()": (fail) => createTask(fail),
  "createTask() of a task that is cancelled": async (_, failLate) => {
    const task = createTask(failLate, { eager: true });
    task.cancel();
    return await task;
  },
  "gather()": (fail, failLate) => gather(fail, failLate),
  "gather({ returnExceptions: true })": async (fail) => {
    const [error] = await gather([fail], { returnExceptions: true });
    // Wrapped where it does not show that it is an error.
    throw (error as Error).message.startsWith("Non-error thrown") ? (error as Error).cause : error;
  },
  "mapConcurrent()": async (fail, failLate) => {
    for await (const _ of mapConcurrent([fail, failLate], (fn) => fn(), { concurrency: 2 }));
  },
  "moveOnAfter()": (_, failLate) => moveOnAfter(1, failLate),
  "queue.get() with a signal that has fired": async (fail) => {
    try {
      return await fail();
    } catch (error) {
      return await new Queue().get({ signal: AbortSignal.abort(error) });
    }
  },
  "queue.get() with a signal that fires": async (fail) => {
    const controller = new AbortController();
    const getting = new Queue().get({ signal: controller.signal });
    try {
      return await fail();
    } catch (error) {
      controller.abort(error);
      return await getting;
    }
  },
  "race()": (fail, failLate) => race(fail, failLate),
  "taskGroup()": async (fail, failLate) => {
    try {
      await taskGroup((group) => {
        group.createTask(fail);
        group.createTask(failLate);
      });
    } catch (error) {
      throw error instanceof TaskGroupError ? error.errors[0] : error;
    }
  },
  "timeout()": (_, failLate) => timeout(1, failLate),
};

for (const [what, make] of Object.entries(HOSTILE)) {
  for (const [way, run] of Object.entries(WAYS)) {
    asyncTest(`${way} gives ${what} as it was thrown, and leaves no task open`, async () => {
      const error = make();
      const before = allTasks().length;
      let thrown: unknown;
      try {
        await run(() => Promise.reject(error), async () => {
          try {
            await sleep(60_000);
          } catch {
            // The cancellation.
          }
          throw error;
        });
      } catch (caught) {
        thrown = caught;
      }
      // Not assertStrictEquals(), which would look into it for its message.
      assert(thrown === error);
      assertEquals(allTasks().length, before);
    });
  }

  Deno.test(`isCancelled(), isTimeout() and flattenErrors() do not throw for ${what}`, () => {
    const error = make();
    assertEquals([isCancelled(error), isTimeout(error), flattenErrors(error).length], [false, false, 1]);
  });
}
