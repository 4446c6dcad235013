import { assert, assertEquals, assertRejects } from "@std/assert";
import { turn } from "../core/manual_clock.ts";
import {
  allTasks,
  type CancelledError,
  createTask,
  gather,
  race,
  run,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
} from "../../mod.ts";
import { cleanUp, leavesNothing, reported, started } from "./watch_tasks.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** Every way to have a function run that may leave something behind. */
const WAYS: Record<string, (fn: () => Promise<unknown>) => Promise<unknown>> = {
  "createTask()": (fn) => createTask(fn),
  "gather()": (fn) => gather(fn),
  "group.createTask()": (fn) => taskGroup((group) => void group.createTask(fn)),
  "timeout()": (fn) => timeout(60_000, fn),
  "shield()": (fn) => shield(fn),
  "race()": (fn) => race(fn),
  "run()": (fn) => run(fn),
};

asyncTest("a function that ends takes along what it has left behind, and waits for its cleanup", async () => {
  for (const [way, start] of Object.entries(WAYS)) {
    const log: string[] = [];
    await leavesNothing(() =>
      start(async () => {
        createTask(() => sleep(Infinity).finally(() => cleanUp()).finally(() => log.push("cleaned up")), {
          eager: true,
        });
        await turn();
      })
    );
    assertEquals([way, ...log], [way, "cleaned up"]);
  }
});

asyncTest("a function that fails takes along what it has left behind, too, and throws its own error", async () => {
  for (const [way, start] of Object.entries(WAYS)) {
    const log: string[] = [];
    const { status } = await leavesNothing(() =>
      start(() => {
        createTask(() => sleep(Infinity).finally(() => log.push("ended")), { eager: true });
        return Promise.reject(new Error("its own"));
      })
    );
    assertEquals([way, status, ...log], [way, "rejected", "ended"]);
  }
});

asyncTest("leftovers are told that the function which started them has ended", async () => {
  let error: CancelledError;
  await createTask(() => {
    createTask(() => sleep(Infinity).catch((thrown) => error = thrown), { eager: true });
  }, { name: "parent" });
  assertEquals(error!.message, 'Cancelled as the function that started it, in "parent", has ended');
});

asyncTest("leftovers of all kinds are ended: groups, timeouts, races, gathers, and those below them", async () => {
  let ended = 0;
  const nap = () => sleep(Infinity).finally(() => ended++);
  const { status } = await leavesNothing(() =>
    createTask(async () => {
      taskGroup((group) => void group.createTask(nap));
      timeout(60_000, nap);
      race(nap, nap);
      gather(nap, nap);
      createTask(() => createTask(nap));
      await cleanUp();
    })
  );
  await cleanUp();
  assertEquals([status, ended], ["fulfilled", 7]);
});

asyncTest("leftovers that catch their cancellation are cancelled again", async () => {
  let caught = 0;
  await leavesNothing(() =>
    createTask(() => {
      createTask(async () => {
        while (caught < 3) await sleep(1).catch(() => caught++);
        await sleep(Infinity);
      }, { eager: true });
    })
  );
  assertEquals(caught, 3);
});

asyncTest("leftovers that start more on their way out do not outlive the function either", async () => {
  let ran = false;
  await leavesNothing(() =>
    createTask(() => {
      createTask(async () => {
        await sleep(Infinity).catch(() => {});
        createTask(() => void (ran = true));
      }, { eager: true });
    })
  );
  assert(!ran);
});

asyncTest("what a timer starts for a function that is ending is cancelled", async () => {
  let late: Task<void> | undefined;
  const { status } = await leavesNothing(() =>
    createTask(async () => {
      createTask(() => sleep(Infinity).finally(() => shield(() => cleanUp(6))), { eager: true });
      setImmediate(() => setImmediate(() => late = createTask(() => sleep(Infinity))));
      await Promise.resolve();
    })
  );
  assertEquals([status, late!.state], ["fulfilled", "cancelled"]);
});

asyncTest("what a done callback starts belongs to the function that added it", async () => {
  const log: string[] = [];
  await leavesNothing(() =>
    createTask(() => {
      createTask(() => {}).onDone(() => {
        createTask(() => sleep(Infinity).finally(() => log.push("ended")), { eager: true });
      });
    })
  );
  await cleanUp();
  assert(log.length <= 1);
});

asyncTest("errors of leftovers are reported, each once", async () => {
  const errors = await reported(async () => {
    await createTask(() => {
      for (const name of ["first", "second"]) {
        createTask(() => sleep(Infinity).catch(() => Promise.reject(new Error(name))), { eager: true });
      }
    });
  });
  assertEquals(errors.map((error) => (error as Error).message), ["first", "second"]);
});

asyncTest("a promise that a function has forgotten is no unhandled rejection when its waits are given up", async () => {
  const log: string[] = [];
  await createTask(async () => {
    (async () => {
      await sleep(60_000).finally(() => log.push("woken"));
    })();
    await turn();
  });
  assertEquals(log, ["woken"]);
  await turn();
});

asyncTest("two calls, one awaited: cancelling is no unhandled rejection for the other", async () => {
  const calls: Record<string, () => Promise<unknown>> = {
    "async function": async () => await sleep(Infinity),
    "taskGroup()": () => taskGroup(() => sleep(Infinity)),
    "timeout()": () => timeout(60_000, () => sleep(Infinity)),
    "race()": () => race(() => sleep(Infinity)),
    "shield(promise)": () => shield(new Promise(() => {})),
    "gather()": () => gather(() => sleep(Infinity)),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { task } = await started(async () => {
      const [first, second] = [call(), call()];
      await first;
      await second;
    });
    task.cancel();
    await task.settled();
    assertEquals([name, task.state], [name, "cancelled"]);
    await turn();
  }
});

Deno.test("a detached task does not end with the function that started it", async () => {
  let detached: Task<string>;
  await createTask(() => void (detached = createTask(() => cleanUp(3).then(() => "finished"), { detached: true })));
  assertEquals(allTasks(), [detached!]);
  assertEquals(await detached!, "finished");
});

asyncTest("a forgotten task that fails of itself is still somebody's to see", async () => {
  let task: Task<never>;
  await createTask(async () => {
    task = createTask(() => Promise.reject(new Error("of itself")));
    task.settled();
    await cleanUp();
  });
  await assertRejects(() => task!, Error, "of itself");
});
