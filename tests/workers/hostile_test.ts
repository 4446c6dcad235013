// Values and messages that nobody would send who means well: each ends in an answer, and none ends the program. Which of them
// are tried is left to chance: HOSTILE_SEED=n begins where a test has failed, and HOSTILE_SEEDS=10 tries all messages.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { WorkerCrashedError, WorkerDataError, WorkerPool } from "../../mod.ts";
import { STRANGE_MESSAGES } from "./fixtures/strange_messages.ts";

Deno.test("a call whose function has changed what all objects inherit is answered, and so is the next", async () => {
  await using pool = new WorkerPool({ size: 1 });
  await assertRejects(
    () =>
      pool.run(() => {
        // Taken for the cause of everything, and of itself.
        Object.assign(Object.prototype, { cause: 5 });
        queueMicrotask(() => Reflect.deleteProperty(Object.prototype, "cause"));
        throw new Error("thrown");
      }),
    Error,
    "Cannot tell how the function has ended",
  );
  assertEquals(await pool.run(() => "well"), "well");
});

/** Makes a value out of a number: travels to the workers as text. */
function hostile(seed: number): unknown {
  const makers: ((inner: () => unknown) => unknown)[] = [
    () => ({
      get lazy() {
        throw new Error("lazy");
      },
    }),
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    () =>
      new Proxy({}, {
        ownKeys() {
          throw new Error("keys");
        },
        getPrototypeOf() {
          throw new Error("prototype");
        },
      }),
    () => Object.assign(Object.create(null), { f() {} }),
    () => {
      let deep: unknown = 1;
      for (let n = 0; n < 6_000; n++) deep = { deep };
      return deep;
    },
    () => {
      let deep: unknown = () => {};
      for (let n = 0; n < 50_000; n++) deep = [deep];
      return deep;
    },
    () => ({
      get then() {
        throw new Error("then");
      },
    }),
    () => ({
      [Symbol.toPrimitive]() {
        throw new Error("primitive");
      },
      f: () => 1,
    }),
    () => ({
      toString() {
        throw new Error("text");
      },
      symbol: Symbol("s"),
    }),
    () => {
      const around: unknown[] = [];
      around.push(around, new WeakMap());
      return around;
    },
    () => new Map<unknown, unknown>([[{}, () => {}], [Symbol.iterator, 1]]),
    () =>
      Object.defineProperty(new Error("x"), "stack", {
        get() {
          throw new Error("stack");
        },
      }),
    () => Object.assign(new Error("x"), { message: Object.create(null), name: Symbol("name") }),
    () => Object.assign(new Error("x"), { ctx: Object.assign(Object.create(null), { f() {} }) }),
    () => {
      let error = new Error("0");
      for (let n = 0; n < 20_000; n++) error = new Error("n", { cause: error });
      return error;
    },
    () =>
      Object.defineProperty(new Error("x"), "cause", {
        enumerable: true,
        get() {
          throw new Error("cause");
        },
      }),
    () => {
      const error = new AggregateError([]);
      error.errors.push(error, error);
      return error;
    },
    () => Object.defineProperty(new AggregateError([]), "errors", { value: 5 }),
    () => Promise.reject(new Error("inner")).catch(() => {}),
    () => class Unsendable {},
    (inner) => ({ inner: inner() }),
    (inner) => [1, inner(), { more: inner() }],
    (inner) => new Map([["key", inner()]]),
    (inner) => Object.assign(new Error("with fields"), { inner: inner(), cause: inner() }),
  ];
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  let depth = 0;
  const make = (): unknown => makers[Math.floor(next() * (depth++ > 4 ? makers.length - 4 : makers.length))]!(make);
  return make();
}

/** Where to begin, and how far to go: 1 for a quick look, 10 for all messages and many more values. */
const SEED = Number(Deno.env.get("HOSTILE_SEED") ?? Math.floor(Math.random() * 2 ** 20));
const SEEDS = Number(Deno.env.get("HOSTILE_SEEDS") ?? 1);

for (const backend of ["thread", "web", "process"] as const) {
  // Real workers, and values of tens of thousands of parts.
  // Its seed is in the name, so that it is told however this ends, also with the whole process.
  Deno.test(`${backend} worker: whatever it is handed, gives or throws, the call is answered (HOSTILE_SEED=${SEED})`, async () => {
    await using pool = new WorkerPool({ size: 1, backend });
    const source = hostile.toString();
    for (let seed = SEED; seed < SEED + 2 * SEEDS; seed++) {
      const answers = [
        pool.run((value: unknown) => typeof value, [hostile(seed)]),
        pool.run((source: string, seed: number) => (0, eval)(`(${source})`)(seed), [source, seed]),
        pool.run((source: string, seed: number) => {
          throw (0, eval)(`(${source})`)(seed);
        }, [source, seed]),
        pool.run((call: (value: unknown) => unknown) => call("back"), [() => hostile(seed)]),
      ].map((call) => call.then(() => "value", () => "error"));
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<string[]>((resolve) => timer = setTimeout(() => resolve(["late"]), 15_000));
      const outcome = await Promise.race([Promise.all(answers), late]);
      clearTimeout(timer);
      assert(!outcome.includes("late"), `no answer: HOSTILE_SEED=${seed}`);
    }
    assertEquals(await pool.run((n: number) => n, [7]), 7);
  });

  Deno.test(`${backend} worker: a message that no worker sends ends that worker, and nothing else (HOSTILE_SEED=${SEED})`, async () => {
    await using pool = new WorkerPool({ size: 1, backend, permissions: backend === "process" ? {} : undefined });
    for (let nth = 0; nth < Math.min(4 * SEEDS, STRANGE_MESSAGES.length); nth++) {
      const message = STRANGE_MESSAGES[(SEED + nth) % STRANGE_MESSAGES.length];
      const outcome = await pool.run(async (message: unknown, backend: string) => {
        // Not written out, or it would be loaded at the start.
        const load = (name: string) => import(name);
        if (backend === "process") (await load("node:process")).default.send(message ?? null);
        else if (backend === "thread") (await load("node:worker_threads")).parentPort.postMessage(message);
        else (self as unknown as { postMessage(message: unknown): void }).postMessage(message);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        return "nothing happened";
      }, [message, backend]).catch((error) => error);
      assertInstanceOf(outcome, WorkerCrashedError, `${JSON.stringify(message)}: ${outcome}`);
    }
    assertEquals(await pool.run(() => "well"), "well");
  });

  Deno.test(`${backend} worker: a forged error of its own call is an error of that call`, async () => {
    await using pool = new WorkerPool({ size: 1, backend });
    const outcome = await pool.run(() => {
      throw Object.assign(new Error("text"), {
        constructor: { name: "localStorage" },
        ["__proto__"]: 1,
        then: 1,
      });
    }).catch((error) => error);
    assertInstanceOf(outcome, Error);
    assertEquals(outcome.message, "text");
  });

  Deno.test(`${backend} worker: what cannot be copied is named, however deep it lies, in no time`, async () => {
    await using pool = new WorkerPool({ size: 1, backend });
    let deep: unknown = { at: new WeakMap() };
    for (let level = 0; level < 3_000; level++) deep = { deep };
    const started = performance.now();
    const error = await assertRejects(() => pool.run((value: unknown) => value, [deep]), WorkerDataError);
    assert(error.path.startsWith("argument 0.deep.deep") && error.path.endsWith(".at"), error.path);
    const getter = await assertRejects(
      () =>
        pool.run((value: unknown) => value, [{
          get lazy(): number {
            throw new Error("lazy");
          },
        }]),
      WorkerDataError,
    );
    assertEquals(getter.path, "argument 0.lazy");
    // It was quadratic, and took seconds.
    assert(performance.now() - started < 5_000);
  });
}
