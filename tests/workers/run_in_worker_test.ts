import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  createTask,
  isTimeout,
  run,
  runInWorker,
  timeout,
  WorkerClosureError,
  WorkerCrashedError,
  WorkerDataError,
  WorkerExitedError,
  WorkerLoadError,
  WorkerTimeoutError,
} from "../../mod.ts";
import { runProgram } from "../program.ts";

Deno.test("runInWorker() gives what the function returns", async () => {
  assertEquals(await runInWorker((a: number, b: number) => a + b, [1, 2]), 3);
  assertEquals(await runInWorker(async (text: string) => await Promise.resolve(text.toUpperCase()), ["abc"]), "ABC");
});

Deno.test("runInWorker() runs on another thread", async () => {
  (globalThis as { here?: boolean }).here = true;
  assertEquals(await runInWorker(() => (globalThis as { here?: boolean }).here), undefined);
  delete (globalThis as { here?: boolean }).here;
});

for (const value of [undefined, null, true, false, 0, -0, NaN, 1.5, "text", 10n]) {
  Deno.test(`runInWorker() brings back ${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`, async () => {
    assert(Object.is(await runInWorker((value: unknown) => value, [value]), value));
  });
}

Deno.test("runInWorker() brings back structures", async () => {
  const value = {
    map: new Map([[1, { deep: new Set(["x"]) }]]),
    date: new Date(5),
    bytes: new Uint8Array([1, 2]),
    list: [,],
  };
  assertEquals(await runInWorker((value: unknown) => value, [value]), value);
});

Deno.test("runInWorker() refuses a closure, and names the variable", async () => {
  const factor = 2;
  const error = await assertRejects(() => runInWorker((n: number) => n * factor, [1]), WorkerClosureError);
  assertEquals(error.variable, "factor");
  assertStringIncludes(error.message, "as an argument");
  assertStringIncludes(error.message, "workerModule()");
});

Deno.test("runInWorker() brings errors back whole", async () => {
  function fail(): never {
    class ParseError extends TypeError {
      override name = "ParseError";
      code = "E_PARSE";
      line = 7;
    }
    throw new ParseError("unexpected end", { cause: new RangeError("inner", { cause: "text" }) });
  }
  const error = await assertRejects(() => runInWorker(fail), TypeError, "unexpected end");
  assertEquals(error.name, "ParseError");
  assertEquals(error.constructor.name, "ParseError");
  assertEquals((error as { code?: string }).code, "E_PARSE");
  assertEquals((error as { line?: number }).line, 7);
  assertInstanceOf(error.cause, RangeError);
  assertEquals(error.cause.cause, "text");
  const [inWorker, here] = [error.stack!.indexOf("fail (worker:"), error.stack!.indexOf("run_in_worker_test.ts")];
  assert(inWorker > 0 && here > inWorker, error.stack);
});

for (const thrown of ["text", null, undefined, 5, { plain: true }]) {
  Deno.test(`runInWorker() rejects with a thrown ${Deno.inspect(thrown)}`, async () => {
    const caught = await runInWorker((value: unknown) => {
      throw value;
    }, [thrown]).then(() => "nothing", (error) => ({ error }));
    assertEquals(caught, { error: thrown });
  });
}

Deno.test("runInWorker() brings an AggregateError and its errors back", async () => {
  const error = await assertRejects(
    () => runInWorker(() => Promise.any([Promise.reject(new TypeError("one")), Promise.reject("two")])),
    AggregateError,
  );
  assertInstanceOf(error.errors[0], TypeError);
  assertEquals(error.errors[1], "two");
});

Deno.test("runInWorker() brings a DOMException back with its name", async () => {
  const error = await assertRejects(() => runInWorker(() => atob("*")), DOMException);
  assertEquals(error.name, "InvalidCharacterError");
});

Deno.test("runInWorker() brings the errors of Deno back with their class", async () => {
  await assertRejects(
    () => runInWorker(() => Deno.readTextFileSync("/no/such/file")),
    Deno.errors.NotFound,
  );
});

Deno.test("runInWorker() names the path of an argument that cannot be cloned", async () => {
  const error = await assertRejects(
    () => runInWorker((value: unknown) => value, [{ list: [1, new WeakMap()] }]),
    WorkerDataError,
  );
  assertEquals(error.path, "argument 0.list[1]");
  assertEquals(error.name, "DataCloneError");
});

Deno.test("runInWorker() names the path of a result that cannot be cloned", async () => {
  const error = await assertRejects(() => runInWorker(() => ({ run: () => 1 })), WorkerDataError);
  assertEquals(error.path, "the result.run");
});

for (
  const [how, leave] of [
    ["Deno.exit()", () => Deno.exit(3)],
    ["process.exit()", () => (globalThis as unknown as { process: { exit(code: number): never } }).process.exit(3)],
  ] as const
) {
  Deno.test(`runInWorker() tells of ${how} in the function`, async () => {
    const error = await assertRejects(() => runInWorker(leave), WorkerExitedError, how);
    assertEquals(error.code, 3);
    assertEquals(await runInWorker(() => "well"), "well");
  });
}

Deno.test("runInWorker() tells of self.close() in the function", async () => {
  await assertRejects(() => runInWorker(() => self.close()), WorkerExitedError, "self.close()");
});

Deno.test("runInWorker() tells of an error that nobody in the worker caught", async () => {
  const error = await assertRejects(
    () =>
      runInWorker(() => {
        setTimeout(() => {
          throw new RangeError("from a timer");
        }, 0);
        return new Promise(() => {});
      }),
    WorkerCrashedError,
    "from a timer",
  );
  assertInstanceOf(error.cause, RangeError);
});

Deno.test("runInWorker() survives a stack overflow", async () => {
  await assertRejects(
    () =>
      runInWorker(function deeper(n: number): number {
        return deeper(n + 1) + 1;
      }, [0]),
    RangeError,
    "Maximum call stack size exceeded",
  );
});

Deno.test("runInWorker() stops a busy loop when its time is up", async () => {
  const error = await assertRejects(
    () =>
      runInWorker(
        function spin() {
          for (;;);
        },
        [],
        { timeout: 20 },
      ),
    WorkerTimeoutError,
    "spin",
  );
  assert(isTimeout(error));
  assertEquals(error.stopped, "terminated");
});

Deno.test("runInWorker() stops with the timeout around it", async () => {
  await assertRejects(
    () =>
      timeout(20, () =>
        runInWorker(function spin() {
          for (;;);
        })),
    DOMException,
    "Timed out",
  );
});

Deno.test("runInWorker() lets an async function clean up when it is cancelled", async () => {
  const task = runInWorker(
    async (signal: AbortSignal) => {
      // On a busy machine it may have fired before the function began.
      signal.throwIfAborted();
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
    [AbortSignal.timeout(20)],
  );
  const error = await task.catch((error: unknown) => error);
  assert(isTimeout(error));
});

Deno.test("runInWorker() never starts a call that was cancelled first", async () => {
  const task = runInWorker(() => 1);
  assert(task.cancel("not needed"));
  await task.settled();
  assertEquals(task.state, "cancelled");
});

Deno.test("runInWorker() rejects with the reason of its signal", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const call = runInWorker(
    function spin() {
      for (;;);
    },
    [],
    { signal: controller.signal },
  );
  setTimeout(() => controller.abort(reason), 20);
  assertEquals(await call.catch((error: unknown) => error), reason);
  await assertRejects(() => runInWorker(() => 1, [], { signal: AbortSignal.abort(reason) }), Error, "enough");
});

Deno.test("runInWorker() belongs to the task around it", async () => {
  const spinning = new Int32Array(new SharedArrayBuffer(4));
  const task = createTask(() =>
    runInWorker(
      function spin(spinning: Int32Array) {
        Atomics.store(spinning, 0, 1);
        Atomics.notify(spinning, 0);
        for (;;);
      },
      [spinning],
    )
  );
  await Atomics.waitAsync(spinning, 0, 0).value;
  task.cancel();
  await task.settled();
  assertEquals(task.state, "cancelled");
  assertEquals((task.exception() as { stopped?: string }).stopped, "terminated");
});

Deno.test("runInWorker() calls back functions in its arguments", async () => {
  const seen: number[] = [];
  const sum = await runInWorker(async (log: (n: number) => number) => await log(1) + await log(2), [(n) => {
    seen.push(n);
    return n * 10;
  }]);
  assertEquals([seen, sum], [[1, 2], 30]);
});

Deno.test("runInWorker() hands buffers over, both ways", async () => {
  const buffer = new ArrayBuffer(8);
  const back = await runInWorker((buffer: ArrayBuffer) => buffer, [buffer], {
    transfer: [buffer],
    transferResult: true,
  });
  assertEquals([buffer.detached, back.byteLength], [true, 8]);
});

Deno.test("runInWorker() keeps 1000 calls apart", async () => {
  const calls = Array.from({ length: 1000 }, (_, i) => runInWorker((n: number) => n * 2, [i]));
  assertEquals(await Promise.all(calls), Array.from({ length: 1000 }, (_, i) => i * 2));
});

const METHODS = {
  method(n: number) {
    return n + 1;
  },
  async later(n: number) {
    return await n + 1;
  },
  get accessor() {
    return 1;
  },
};
class Numbers {
  static next(n: number) {
    return n + 1;
  }
}

for (
  const [what, fn] of Object.entries({
    "an arrow": (n: number) => n + 1,
    "an async arrow": async (n: number) => await n + 1,
    "a function": function (n: number) {
      return n + 1;
    },
    "a method": METHODS.method,
    "an async method": METHODS.later,
    "a static method": Numbers.next,
  })
) {
  Deno.test(`runInWorker() runs ${what}`, async () => {
    assertEquals(await runInWorker(fn as (n: number) => number, [1]), 2);
  });
}

const bound = ((n: number) => n).bind(null);
for (
  const [what, fn, message] of [
    ["a bound function", bound, "bound or built in"],
    ["a built-in function", Math.max, "bound or built in"],
    ["a class", Numbers, "class Numbers"],
    ["an accessor", Object.getOwnPropertyDescriptor(METHODS, "accessor")!.get, "cannot stand alone"],
    ["a number", 5, "current value is 5"],
    ["nothing", undefined, "current value is undefined"],
  ] as const
) {
  Deno.test(`runInWorker() refuses ${what}`, async () => {
    await assertRejects(() => runInWorker(fn as () => unknown), TypeError, message);
  });
}

Deno.test("runInWorker() tells of a module that a function cannot import", async () => {
  await assertRejects(
    () => runInWorker(() => import("file:///no/such/module.ts")),
    TypeError,
    "no/such/module.ts",
  );
  assertEquals(WorkerLoadError.name, "WorkerLoadError");
});

Deno.test("runInWorker() asks for no permission", async () => {
  const asked = await Deno.makeTempFile();
  try {
    const env = { DENO_AUDIT_PERMISSIONS: asked };
    const { code } = await runProgram("runInWorker", "await runInWorker(() => 1);", { env, permissions: [] });
    assertEquals([code, await Deno.readTextFile(asked)], [0, ""]);
  } finally {
    await Deno.remove(asked);
  }
});

Deno.test("the end of a run() leaves calls alone that were made outside of it, or in another one", async () => {
  const busy = (name: string): string => {
    const end = performance.now() + 100;
    while (performance.now() < end);
    return name;
  };
  const outside = runInWorker(busy, ["outside"]);
  const beside = run(() => runInWorker(busy, ["beside"]));
  assertEquals(await run(() => "over"), "over");
  assertEquals([await outside, await beside], ["outside", "beside"]);
  await run(() => {});
});

Deno.test("runInWorker() brings an error back although Error.prepareStackTrace makes no text of frames", async () => {
  const hook = Error as unknown as { prepareStackTrace?: unknown };
  for (
    const prepare of [(_: unknown, frames: unknown) => frames, () => {
      throw new Error("prepareStackTrace");
    }]
  ) {
    const before = hook.prepareStackTrace;
    hook.prepareStackTrace = prepare;
    try {
      const error = await runInWorker(() => {
        throw new RangeError("from the worker");
      }).catch((error) => error);
      assertEquals([error.name, error.message], ["RangeError", "from the worker"]);
    } finally {
      hook.prepareStackTrace = before;
    }
  }
});

Deno.test("runInWorker() rejects with the frames of the worker and of its caller, and none of the way between", async () => {
  const error = await runInWorker(() => {
    throw new RangeError("from the worker");
  }).catch((error) => error);
  const frames = error.stack.split("\n").slice(1);
  assertEquals(frames.filter((frame: string) => frame.includes("/lib/workers/")), []);
  assert(frames.some((frame: string) => frame.includes("run_in_worker_test.ts")), error.stack);
});
