// What holds of streams in every kind of worker beyond that they stream: order, promptness, and what ends them.
import { assertEquals, assertRejects } from "@std/assert";
import { WorkerCrashedError, WorkerDataError, WorkerPool, type WorkerScope } from "../../../mod.ts";

for (const backend of ["thread", "web", "process"] as const) {
  const streams = (name: string, test: (pool: WorkerPool) => Promise<void>) =>
    Deno.test(`${backend} worker: a stream ${name}`, async () => {
      await using pool = new WorkerPool({ size: 1, backend });
      await test(pool);
    });

  streams("keeps the order of values that come in quick succession, plain or not", async (pool) => {
    const seen: unknown[] = [];
    const values = pool.stream(function* (): Generator<unknown> {
      for (let n = 0; n < 1_000; n++) yield n % 7 === 0 ? { n } : n;
    });
    for await (const value of values) seen.push(value);
    assertEquals(seen, Array.from({ length: 1_000 }, (_, n) => n % 7 === 0 ? { n } : n));
  });

  streams("gives each value as it was when it was yielded", async (pool) => {
    const rows = pool.stream(function* () {
      const row = { n: 0, more: [0] };
      for (; row.n < 100; row.n++, row.more.push(row.n)) yield row;
    });
    let n = 0;
    for await (const row of rows) assertEquals([row.n, row.more.length], [n, ++n]);
    assertEquals(n, 100);
  });

  streams("holds nothing back while its generator waits", async (pool) => {
    let received = 0;
    const all = Promise.withResolvers<void>();
    const numbers = pool.stream(
      async function* (all: () => Promise<void>) {
        for (let n = 0; n < 200; n++) yield n;
        await all();
        yield 200;
      },
      [() => all.promise],
      { ahead: 1_000 },
    );
    for await (const n of numbers) {
      assertEquals(n, received);
      // It hangs here if some of them stay behind.
      if (++received === 200) all.resolve();
    }
    assertEquals(received, 201);
  });

  streams("gives the values before one that cannot be cloned, and names the part of that", async (pool) => {
    const log: string[] = [];
    const seen: unknown[] = [];
    const error = await assertRejects(async () => {
      const values = pool.stream(
        async function* (log: (what: string) => void): AsyncGenerator<unknown> {
          try {
            yield 0;
            yield 1;
            yield { at: [new WeakMap()] };
            yield 3;
          } finally {
            await log("finally");
          }
        },
        [(what: string) => void log.push(what)],
      );
      for await (const value of values) seen.push(value);
    }, WorkerDataError);
    assertEquals([seen, error.path, log], [[0, 1], "value 2.at[0]", ["finally"]]);
    for (const value of ["symbol", "function"]) {
      const error = await assertRejects(
        () =>
          Array.fromAsync(pool.stream(
            function* (value: string) {
              yield value === "symbol" ? Symbol("s") : () => 1;
            },
            [value],
          )),
        WorkerDataError,
      );
      assertEquals(error.path, "value 0");
    }
  });

  streams("that is given up runs the finally of a generator that has looked at its signal", async (pool) => {
    const log: string[] = [];
    const numbers = pool.stream(
      async function* (this: WorkerScope, log: (what: string) => void) {
        try {
          for (let n = 0; !this.signal.aborted; n++) yield n;
        } finally {
          await log("finally");
        }
      },
      [(what: string) => void log.push(what)],
    );
    for await (const n of numbers) if (n === 40) break;
    assertEquals(log, ["finally"]);
  });

  streams("that is given up throws what the finally of its generator throws", async (pool) => {
    const numbers = pool.stream(function* () {
      try {
        for (let n = 0;; n++) yield n;
      } finally {
        // deno-lint-ignore no-unsafe-finally -- what is tested.
        throw new RangeError("Cannot clean up");
      }
    });
    await assertRejects(
      async () => {
        for await (const n of numbers) if (n === 3) break;
      },
      RangeError,
      "Cannot clean up",
    );
  });

  streams("of more values than were asked for is the end of that worker", async (pool) => {
    const forged = pool.stream(
      async function* (this: WorkerScope, backend: string): AsyncGenerator<unknown> {
        const { id } = this as WorkerScope & { id: number };
        const load = (name: string) => import(name);
        const target = backend === "process"
          ? (await load("node:process")).default
          : backend === "thread"
          ? (await load("node:worker_threads")).parentPort
          : self;
        target[backend === "process" ? "send" : "postMessage"]([5, id, ["x", "x", "x", "x", "x"]]);
        yield 1;
      },
      [backend],
      { ahead: 4 },
    );
    await assertRejects(() => Array.fromAsync(forged), WorkerCrashedError, "sent what no worker sends");
    assertEquals(await pool.run(() => "well"), "well");
  });
}

for (const backend of ["thread", "web"] as const) {
  Deno.test(`${backend} worker: a stream gives a value although the generator then keeps its thread busy`, async () => {
    await using pool = new WorkerPool({ size: 1, backend });
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const steps = pool.stream(
      function* (flag: Int32Array) {
        yield "begun";
        while (Atomics.load(flag, 0) === 0);
        yield "done";
      },
      [flag],
    );
    const seen: string[] = [];
    for await (const step of steps) {
      seen.push(step);
      Atomics.store(flag, 0, 1);
    }
    assertEquals(seen, ["begun", "done"]);
  });
}
