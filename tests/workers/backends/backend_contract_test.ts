// What every kind of worker has to do, tested with each of them.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type BackendName,
  checkpointSync,
  type Stopped,
  WorkerClosureError,
  WorkerCrashedError,
  WorkerDataError,
  WorkerExitedError,
  WorkerLoadError,
  WorkerPool,
  WorkerPoolError,
  type WorkerScope,
  WorkerTimeoutError,
} from "../../../mod.ts";

const CPU = new URL("../fixtures/cpu.ts", import.meta.url);

/** How each stops a busy loop. A web worker cannot be stopped; see the test of its own, in a process. */
const HOW: Record<Exclude<BackendName, "web">, Stopped> = { thread: "terminated", process: "killed" };

type Contract = (name: string, test: (pool: WorkerPool) => Promise<void>, size?: number) => void;

for (const backend of ["thread", "web", "process"] as const) {
  const permissions = backend === "process" ? { read: true } : undefined;
  const contract: Contract = (name, test, size = 1) => {
    Deno.test(`${backend} worker: ${name}`, async () => {
      await using pool = new WorkerPool({ size, backend, permissions });
      await test(pool);
    });
  };

  contract("gives what a function returns", async (pool) => {
    assertEquals(await pool.run((a: number, b: number) => a + b, [1, 2]), 3);
    assertEquals(await pool.run(async () => await Promise.resolve("later")), "later");
    assertEquals(await pool.run(() => undefined), undefined);
  });

  contract("takes small values as they are, and tells them apart", async (pool) => {
    const show = (...args: unknown[]) => args.map((arg) => Object.is(arg, -0) ? "-0" : String(arg)).join();
    assertEquals(await pool.run(show, []), "");
    assertEquals(await pool.run(show, [undefined, null]), "undefined,null");
    assertEquals(await pool.run(show, [-0, NaN, 1e300, Infinity]), "-0,NaN,1e+300,Infinity");
    assertEquals(await pool.run(show, [true, false, undefined, 2 ** 53]), "true,false,undefined,9007199254740992");
    assertEquals(await pool.run(show, [1, 2, 3, 4, 5]), "1,2,3,4,5");
    assertEquals(await pool.run(show, [1, "2", 3n]), "1,2,3");
  });

  contract("copies structures both ways", async (pool) => {
    const value = { map: new Map([[1, new Set(["x"])]]), date: new Date(5), bytes: new Uint8Array([1, 2]), big: 10n };
    assertEquals(await pool.run((value: unknown) => value, [value]), value);
  });

  contract("brings errors back whole", async (pool) => {
    const error = await assertRejects(
      () =>
        pool.run(function fail() {
          class ParseError extends TypeError {
            override name = "ParseError";
            code = "E_PARSE";
          }
          throw new AggregateError([new ParseError("inner")], "outer", { cause: new RangeError("cause") });
        }),
      AggregateError,
      "outer",
    );
    const [inner] = error.errors;
    assertInstanceOf(inner, TypeError);
    assertEquals([inner.name, (inner as { code?: string }).code], ["ParseError", "E_PARSE"]);
    assertInstanceOf(error.cause, RangeError);
    assertStringIncludes(error.stack!, "fail (worker:");
    assertStringIncludes(error.stack!, "backend_contract_test.ts");
  });

  for (const thrown of ["text", null, undefined, 7]) {
    contract(`rejects with a thrown ${thrown}`, async (pool) => {
      const caught = await pool.run((value: unknown) => {
        throw value;
      }, [thrown]).then(() => "nothing", (error) => ({ error }));
      assertEquals(caught, { error: thrown });
    });
  }

  contract("names the outer variable of a closure", async (pool) => {
    const outer = 1;
    const error = await assertRejects(() => pool.run(() => outer), WorkerClosureError);
    assertEquals(error.variable, "outer");
  });

  contract("names the path of what cannot be cloned", async (pool) => {
    const argument = await assertRejects(() => pool.run((x: unknown) => x, [{ at: [new WeakMap()] }]), WorkerDataError);
    assertEquals(argument.path, "argument 0.at[0]");
    const result = await assertRejects(() => pool.run(() => ({ at: () => 1 })), WorkerDataError);
    assertEquals(result.path, "the result.at");
    assertEquals(await pool.run(() => "well"), "well");
  });

  contract("tells of Deno.exit(), and is replaced", async (pool) => {
    const error = await assertRejects(() => pool.run(() => Deno.exit(3)), WorkerExitedError);
    assertEquals(error.code, 3);
    assertEquals(await pool.run(() => "well"), "well");
  });

  contract("tells of an uncaught error, and is replaced", async (pool) => {
    const error = await assertRejects(
      () =>
        pool.run(() => {
          setTimeout(() => {
            throw new RangeError("from a timer");
          }, 0);
          return new Promise(() => {});
        }),
      WorkerCrashedError,
    );
    assertInstanceOf(error.cause, RangeError);
    assertEquals(await pool.run(() => "well"), "well");
  });

  contract("tells of an unhandled rejection, and is replaced", async (pool) => {
    const error = await assertRejects(
      () =>
        pool.run(() => {
          Promise.reject(new RangeError("nobody's"));
          return new Promise(() => {});
        }),
      WorkerCrashedError,
    );
    assertInstanceOf(error.cause, RangeError);
    assertEquals(await pool.run(() => "well"), "well");
  });

  contract("survives a stack overflow", async (pool) => {
    await assertRejects(
      () =>
        pool.run(function deeper(n: number): number {
          return deeper(n + 1) + 1;
        }, [0]),
      RangeError,
    );
    assertEquals(await pool.run(() => "well"), "well");
  });

  contract("never starts a call that was cancelled while it waited", async (pool) => {
    const log: string[] = [];
    const first = pool.run(async (wait: () => Promise<void>) => await wait(), [
      () => new Promise<void>((resolve) => setTimeout(resolve, 20)),
    ]);
    const second = pool.run((log: (what: string) => void) => log("second"), [(what) => void log.push(what)]);
    const third = pool.run((log: (what: string) => void) => log("third"), [(what) => void log.push(what)]);
    second.cancel();
    await first;
    await third;
    await second.settled();
    assertEquals([log, second.state], [["third"], "cancelled"]);
  });

  contract("lets a cancelled function clean up", async (pool) => {
    const log: string[] = [];
    const error = await assertRejects(
      () =>
        pool.run(
          async function patient(this: WorkerScope, log: (what: string) => void) {
            try {
              await new Promise((_, reject) => this.signal.onabort = () => reject(this.signal.reason));
            } finally {
              log("cleaned up");
              await new Promise((resolve) => setTimeout(resolve, 5));
            }
          },
          [(what) => void log.push(what)],
          { timeout: 30 },
        ),
      WorkerTimeoutError,
    );
    assertEquals([error.stopped, log], ["cooperative", ["cleaned up"]]);
  });

  if (backend !== "process") {
    contract("tells a hot loop of its cancellation", async (pool) => {
      const error = await assertRejects(
        () =>
          pool.run(
            (checkpoint: () => void) => {
              for (;;) checkpoint();
            },
            [checkpointSync],
            { timeout: 20 },
          ),
        WorkerTimeoutError,
      );
      assertEquals(error.stopped, "cooperative");
      assertEquals(await pool.run(() => "well"), "well");
    });
  }

  if (backend !== "web") {
    contract("stops a busy loop, and is replaced", async (pool) => {
      const error = await assertRejects(
        () =>
          pool.run(
            function spin() {
              for (;;);
            },
            [],
            { timeout: 20 },
          ),
        WorkerTimeoutError,
      );
      assertEquals(error.stopped, HOW[backend]);
      assertEquals(await pool.run(() => "well"), "well");
      assertEquals(pool.stats.stopped[HOW[backend]], 1);
    });
  }

  contract("ends a function that does not react to its cancellation", async (pool) => {
    const error = await assertRejects(
      () => pool.run(() => new Promise(() => {}), [], { timeout: 20, grace: 20 }),
      WorkerTimeoutError,
    );
    assertEquals(error.stopped, backend === "process" ? "killed" : "terminated");
    assertEquals(await pool.run(() => "well"), "well");
  });

  contract("bridges functions and signals, also deep in the arguments", async (pool) => {
    const controller = new AbortController();
    const seen: unknown[] = [];
    const call = pool.run(
      async (
        { on: { value }, signal }: { on: { value(n: number): Promise<number> | number }; signal: AbortSignal },
      ) => {
        const doubled = await value(21);
        if (!signal.aborted) await new Promise((resolve) => signal.onabort = resolve);
        return [doubled, signal.reason.message];
      },
      [{
        on: {
          value(n: number) {
            seen.push(n);
            setTimeout(() => controller.abort(new Error("enough")), 5);
            return n * 2;
          },
        },
        signal: controller.signal,
      }],
    );
    assertEquals(await call, [42, "enough"]);
    assertEquals(seen, [21]);
  });

  contract("hands over a signal that fires while the code of the function is loaded", async (pool) => {
    const slow = pool.module<{ reasonOf(signal: AbortSignal): string }>(`data:text/javascript,
      await new Promise((resolve) => setTimeout(resolve, 50));
      export async function reasonOf(signal) {
        if (!signal.aborted) await new Promise((resolve) => signal.onabort = resolve);
        return signal.reason.message;
      }`);
    await pool.run(() => 1);
    const controller = new AbortController();
    const call = slow.reasonOf(controller.signal);
    while (pool.stats.busy === 0) await Promise.resolve();
    controller.abort(new Error("early"));
    assertEquals(await call, "early");
  });

  contract("brings the error of a bridged function to the function that called it", async (pool) => {
    const message = await pool.run(async (fail: () => unknown) => {
      try {
        await fail();
        return "nothing";
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`;
      }
    }, [() => {
      throw new RangeError("from outside");
    }]);
    assertEquals(message, "RangeError: from outside");
  });

  contract("tells of progress", async (pool) => {
    const seen: unknown[] = [];
    await pool.run(
      function steps(this: WorkerScope) {
        for (const part of [0.5, 1]) this.progress(part);
      },
      [],
      { onProgress: (part) => seen.push(part) },
    );
    assertEquals(seen, [0.5, 1]);
  });

  contract("fails a call whose progress callback throws", async (pool) => {
    await assertRejects(
      () =>
        pool.run(
          async function steps(this: WorkerScope) {
            this.progress(1);
            await new Promise((_, reject) => this.signal.onabort = () => reject(this.signal.reason));
          },
          [],
          {
            onProgress() {
              throw new RangeError("cannot draw");
            },
          },
        ),
      RangeError,
      "cannot draw",
    );
  });

  contract("hands buffers over", async (pool) => {
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const options = { transfer: [buffer], transferResult: true };
    const back = await pool.run((buffer: ArrayBuffer) => new Uint8Array(buffer).map((n) => n * 2), [buffer], options);
    assertEquals([buffer.detached, back], [true, new Uint8Array([2, 4, 6])]);
  });

  contract("copies the buffers of a result that cannot change hands", async (pool) => {
    const text = await pool.run(
      async (name: string) => (await import(name)).Buffer.from("from the common pool") as Uint8Array,
      ["node:buffer"],
      { transferResult: true },
    );
    assertEquals(new TextDecoder().decode(text), "from the common pool");
  });

  contract("names the path of what a callback cannot be handed", async (pool) => {
    const error = await assertRejects(
      () => pool.run((tell: (value: unknown) => unknown) => tell({ at: [new WeakMap()] }), [() => {}]),
      WorkerDataError,
    );
    assertEquals(error.path, "the arguments of a callback[0].at[0]");
    const progress = await assertRejects(
      () =>
        pool.run(
          function (this: WorkerScope) {
            this.progress({ at: new WeakMap() });
          },
          [],
          { onProgress() {} },
        ),
      WorkerDataError,
    );
    assertEquals(progress.path, "the progress.at");
  });

  contract("streams a generator, and gives what it returns", async (pool) => {
    const stream = pool.stream(
      function* (end: number): Generator<number, string> {
        for (let n = 0; n < end; n++) yield n;
        return "the end";
      },
      [100],
      { ahead: 4 },
    );
    const values: number[] = [];
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) values.push(step.value);
    assertEquals([values, step.value], [Array.from({ length: 100 }, (_, n) => n), "the end"]);
  });

  contract("runs a generator no further ahead than it may", async (pool) => {
    const made: number[] = [];
    const stream = pool.stream(
      async function* (made: (n: number) => Promise<void> | void) {
        for (let n = 0;; n++) {
          await made(n);
          yield n;
        }
      },
      [(n: number) => void made.push(n)],
      { ahead: 4 },
    );
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert(made.length <= 6, `${made.length} values were made for one that was read`);
    await stream[Symbol.asyncDispose]();
  });

  contract("runs the finally of a generator whose reader stops", async (pool) => {
    const log: string[] = [];
    const numbers = pool.stream(
      async function* (log: (what: string) => void) {
        try {
          for (let n = 0;; n++) yield n;
        } finally {
          await log("finally");
        }
      },
      [(what) => void log.push(what)],
    );
    for await (const n of numbers) if (n === 3) break;
    assertEquals(log, ["finally"]);
    assertEquals(await pool.run(() => "well"), "well");
  });

  contract("gives the error of a generator after the values before it", async (pool) => {
    const seen: number[] = [];
    await assertRejects(
      async () => {
        for await (
          const n of pool.stream(function* () {
            yield 1;
            yield 2;
            throw new RangeError("third");
          })
        ) seen.push(n as number);
      },
      RangeError,
      "third",
    );
    assertEquals(seen, [1, 2]);
  });

  contract("calls the functions of a module", async (pool) => {
    const cpu = pool.module<typeof import("../fixtures/cpu.ts")>(CPU);
    assertEquals(await cpu.triple(5), 15);
    assertEquals([await cpu.count(), await cpu.count()], [1, 2]);
    assertEquals(await Array.fromAsync(pool.stream(cpu.range, [3])), [0, 1, 2]);
  });

  for (
    const [what, url, message] of [
      ["that is missing", new URL("../fixtures/missing.ts", import.meta.url), "missing.ts"],
      ["that throws at its top", new URL("../fixtures/throws_at_top.ts", import.meta.url), "thrown at the top"],
      ["with a syntax error", "data:text/javascript,export function never( {", "Unexpected"],
      ["that exports no such function", CPU, "exports no such function"],
    ] as const
  ) {
    contract(`tells of a module ${what}`, async (pool) => {
      const module = pool.module<{ never(): void }>(url);
      await assertRejects(() => module.never(), WorkerLoadError, message);
      assertEquals(await pool.run(() => "well"), "well");
    });
  }

  contract("runs the toolkit inside: cancellation wakes a sleep there", async (pool) => {
    const cpu = pool.module<typeof import("../fixtures/cpu.ts")>(CPU, { timeout: 400 });
    const ends: string[] = [];
    // Loaded before the time runs: a worker that is still at that can only be stopped.
    await pool.module<typeof import("../fixtures/cpu.ts")>(CPU).nap(0, () => {});
    const error = await assertRejects(() => cpu.nap(60_000, (how) => void ends.push(how)), WorkerTimeoutError);
    assertEquals(error.stopped, "cooperative");
  });

  contract("maps over its workers, in order", async (pool) => {
    const squares = await pool.map(Array.from({ length: 50 }, (_, n) => n), (n) => n * n);
    assertEquals(squares, Array.from({ length: 50 }, (_, n) => n * n));
  }, 2);

  contract("waits for what runs and rejects what waits when it is closed", async (pool) => {
    const started = Promise.withResolvers<void>();
    const running = pool.run(async (started: () => void) => {
      await started();
      return await new Promise<string>((resolve) => setTimeout(() => resolve("done"), 20));
    }, [started.resolve]);
    await started.promise;
    const waiting = pool.run(() => "never");
    const closing = pool.close();
    await assertRejects(() => waiting, WorkerPoolError, "closed");
    assertEquals(await running, "done");
    await closing;
    await pool.close();
    await assertRejects(() => pool.run(() => 1), WorkerPoolError, "closed");
    assertEquals(pool.stats.workers, 0);
  });
}
