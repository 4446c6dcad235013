import { assert, assertEquals } from "@std/assert";
import {
  asCompleted,
  cancellable,
  createTask,
  gather,
  mapConcurrent,
  moveOnAfter,
  race,
  shield,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  wait,
} from "../../mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

/** As a query builder: to ask for its outcome is to send it. */
class Query implements PromiseLike<string> {
  sent = 0;
  readonly #outcome: () => Promise<string>;

  constructor(outcome: () => Promise<string>) {
    this.#outcome = outcome;
  }

  then<A = string, B = never>(
    onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.sent++;
    return this.#outcome().then(onFulfilled, onRejected);
  }
}

/** The same, as some drivers have it: a promise whose `then` sends. */
class SubclassQuery extends Promise<string> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  sent = 0;
  readonly #outcome: () => Promise<string>;

  constructor(outcome: () => Promise<string>) {
    super(() => {});
    this.#outcome = outcome;
  }

  override then<A = string, B = never>(
    onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.sent++;
    return this.#outcome().then(onFulfilled, onRejected);
  }
}

/** And as a function that can be awaited, too. */
function callableQuery(outcome: () => Promise<string>): Sent {
  const query = new Query(outcome);
  return Object.defineProperties(() => "called", {
    then: { value: query.then.bind(query) },
    sent: { get: () => query.sent },
  }) as unknown as Sent;
}

type Sent = PromiseLike<string> & { readonly sent: number };

type Kind = (outcome: () => Promise<string>) => Sent;

const kinds: Kind[] = [
  (outcome) => new Query(outcome),
  (outcome) => new SubclassQuery(outcome),
  callableQuery,
];

const fails = () => Promise.reject(new Error("fails"));

async function drain(steps: AsyncIterable<unknown>): Promise<void> {
  for await (const each of steps) void await each;
}

/** Every way in which one can be handed in. */
const paths: Record<string, (query: PromiseLike<string>) => PromiseLike<unknown>> = {
  "gather(q)": (q) => gather(q),
  "gather(q, q)": (q) => gather(q, q),
  "gather([q, fn])": (q) => gather([q, () => sleep(1)]),
  "gather([q, failing fn])": (q) => gather([q, fails]),
  "gather([fn that throws, q])": (q) =>
    gather([() => {
      throw new Error("at once");
    }, q]),
  "gather([q], { returnExceptions })": (q) => gather([q], { returnExceptions: true }),
  "gather([q], { concurrency })": (q) => gather([q], { concurrency: 1 }),
  "gather([failing fn, fn, q], { concurrency })": (q) => gather([fails, () => sleep(1), q], { concurrency: 1 }),
  "gather([q, q], { concurrency })": (q) => gather([q, q, () => sleep(1)], { concurrency: 1 }),
  "gather(generator)": (q) =>
    gather(
      (function* () {
        yield () => sleep(1);
        yield q;
      })(),
      { concurrency: 1 },
    ),
  "gather(() => q)": (q) => gather(() => q),
  "race(q)": (q) => race(q),
  "race(q, fn)": (q) => race(q, () => sleep(1)),
  "race(value, q)": (q) => race("value", q),
  "race(() => q)": (q) => race(() => q),
  "wait([q])": (q) => wait([q]),
  "wait([q, q], { timeout })": (q) => wait([q, q], { timeout: 1 }),
  "wait again and again": async (q) => {
    for (let i = 0; i < 3; i++) await wait([q, sleep(1)], { until: "first" });
    await wait([q]);
  },
  "asCompleted([q])": (q) => drain(asCompleted([q])),
  "asCompleted([fn, q, q])": (q) => drain(asCompleted([() => sleep(1), q, q])),
  "asCompleted, left": async (q) => {
    for await (const _ of asCompleted([q, () => sleep(1)])) break;
  },
  "mapConcurrent": (q) => drain(mapConcurrent([1], () => q, { concurrency: 1 })),
  "createTask(q)": (q) => createTask(q),
  "createTask(() => q)": (q) => createTask(() => q),
  "createTask(q) cancelled": async (q) => {
    const task = createTask(q);
    await sleep(1);
    task.cancel();
    await task;
  },
  "taskGroup": (q) => taskGroup((group) => group.createTask(q)),
  "taskGroup(() => q)": (q) => taskGroup(() => q),
  "timeout(1, q)": (q) => timeout(1, q),
  "timeout(1, () => q)": (q) => timeout(1, () => q),
  "timeout(1, () => cancellable(q))": (q) => timeout(1, () => cancellable(q)),
  "timeout(1, q) again and again": async (q) => {
    for (let i = 0; i < 3; i++) await timeout(1, q).catch(() => {});
  },
  "timeoutAt(…, q)": (q) => timeoutAt(performance.now() + 60_000, q),
  "moveOnAfter(1, q)": (q) => moveOnAfter(1, q),
  "cancellable(q)": (q) => cancellable(q),
  "shield(q)": (q) => shield(q),
  "shield(() => q)": (q) => shield(() => q),
};

for (const [path, call] of Object.entries(paths)) {
  asyncTest(`${path} subscribes once to a thenable that begins when it is subscribed to`, async () => {
    // What answers is no part of the code that asks.
    const answer = () => createTask(() => sleep(30, "rows"), { detached: true });
    const outcomes = [answer, () => answer().then(fails)];
    const queries = kinds.flatMap((make) => outcomes.map(make));
    await Promise.allSettled(queries.map(call));
    await sleep(60);
    assertEquals(queries.map(({ sent }) => sent), queries.map(() => 1));
  });
}

/** Calls that are refused for what they are given, or for the signal. */
const refused: Record<string, (query: PromiseLike<string>) => unknown> = {
  "gather([q], { concurrency: 0 })": (q) => gather([q], { concurrency: 0 }),
  "gather([q], { signal })": (q) => gather([q], { signal: AbortSignal.abort() }),
  "wait([q], { timeout: NaN })": (q) => wait([q], { timeout: NaN }),
  "wait([q], { signal })": (q) => wait([q], { signal: AbortSignal.abort() }),
  "wait([q, value])": (q) => wait([q, "value" as unknown as PromiseLike<string>]),
  "asCompleted([q, value])": (q) => drain(asCompleted([q, "value" as unknown as PromiseLike<string>])),
  "createTask(q, { signal })": (q) => createTask(q, { signal: AbortSignal.abort() }),
  "timeout(NaN, q)": (q) => timeout(NaN, q),
  "timeout(0, q)": (q) => timeout(0, q),
  "timeout(1, q, { signal })": (q) => timeout(1, q, { signal: AbortSignal.abort() }),
  "timeoutAt(NaN, q)": (q) => timeoutAt(NaN, q),
  "moveOnAfter(-1, q)": (q) => moveOnAfter(-1, q),
  "cancellable(q, { signal })": (q) => cancellable(q, { signal: AbortSignal.abort() }),
};

for (const [path, call] of Object.entries(refused)) {
  asyncTest(`${path} is refused and does not subscribe`, async () => {
    const query = new Query(() => sleep(1, "rows"));
    await Promise.try(() => call(query)).catch(() => {});
    await sleep(10);
    assertEquals(query.sent, 0);
  });
}

for (const [path, call] of Object.entries(paths)) {
  // What runs a function refuses it; a function that is run all the same asks for its own outcome.
  if (path.includes("() =>") || path.startsWith("asCompleted, left") || path.includes("cancelled")) continue;
  if (path.startsWith("wait again")) continue;
  asyncTest(`${path} in a cancelled task does not subscribe`, async () => {
    const query = new Query(() => sleep(1, "rows"));
    const task = createTask(async () => {
      try {
        await sleep(60_000);
      } finally {
        await Promise.resolve(call(query)).catch(() => {});
      }
    }, { eager: true });
    task.cancel();
    await task.settled();
    await sleep(10);
    assertEquals(query.sent, 0);
  });
}

asyncTest("asCompleted() yields a promise of the outcome of a thenable, which does not begin it anew", async () => {
  const query = new Query(() => sleep(1, "rows"));
  for await (const done of asCompleted([query])) {
    assert(done instanceof Promise);
    assertEquals(await done, "rows");
  }
  assertEquals(query.sent, 1);
});

asyncTest("cancellable() of a thenable that has settled asks for its outcome anew, as await does", async () => {
  for (const make of kinds) {
    let count = 0;
    const query = make(() => sleep(1, `rows ${++count}`));
    assertEquals([await cancellable(query), await cancellable(query)], ["rows 1", "rows 2"]);
    assertEquals(query.sent, 2);
  }
});

/** Thenables that do what they must not, and how each of them is to be taken. */
const hostile: Record<string, () => PromiseLike<unknown>> = {
  "a getter of then that throws": () =>
    Object.defineProperty({}, "then", {
      get() {
        throw new Error("hostile");
      },
    }) as PromiseLike<unknown>,
  "a proxy that throws for all": () => {
    const refuse = () => {
      throw new Error("hostile");
    };
    return new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse }) as PromiseLike<unknown>;
  },
  "a function proxy that throws for all": () => {
    const refuse = () => {
      throw new Error("hostile");
    };
    return new Proxy(() => {}, { get: refuse, has: refuse, getPrototypeOf: refuse }) as unknown as PromiseLike<unknown>;
  },
  "a then that throws": () => ({
    then() {
      throw new Error("hostile");
    },
  }),
  "a then that rejects, then fulfils": () => ({
    then(onValue: (value: string) => void, onError: (error: unknown) => void) {
      onError(new Error("hostile"));
      onValue("later");
      onError(new Error("again"));
      throw new Error("and again");
    },
  } as unknown as PromiseLike<unknown>),
  "a proxy of a promise": () =>
    new Proxy(Promise.resolve(), {
      get(target, key) {
        if (key === "then") {
          return () => {
            throw new Error("hostile");
          };
        }
        return Reflect.get(target, key);
      },
    }),
  "a plain proxy of a promise": () => new Proxy(Promise.resolve("hostile"), {}),
};

/** What becomes of one that fails. */
const outcomes: Record<string, (input: PromiseLike<unknown>) => PromiseLike<unknown>> = {
  "gather(h)": (h) => gather(h),
  "gather(fn, h)": (h) => gather(() => sleep(60_000), h),
  "gather([h, fn], { concurrency })": (h) => gather([h, () => sleep(60_000)], { concurrency: 1 }),
  "gather(() => h)": (h) => gather(() => h),
  "race(h)": (h) => race(h),
  "race(fn, h)": (h) => race(() => sleep(60_000), h),
  "wait([h])": async (h) => {
    const { done } = await wait([h]);
    assertEquals(done.length, 1);
    throw await Promise.resolve(done[0]).catch((error) => error);
  },
  "asCompleted([h])": (h) => drain(asCompleted([h])),
  "asCompleted([fn, h])": (h) => drain(asCompleted([() => sleep(60_000), h])),
  "createTask(h)": (h) => createTask(h),
  "createTask(() => h)": (h) => createTask(() => h),
  "taskGroup(h)": (h) =>
    taskGroup((group) => group.createTask(h)).catch((error) => {
      throw error.errors[0];
    }),
  "timeout(1, h)": (h) => timeout(1, h),
  "timeout(1, () => h)": (h) => timeout(1, () => h),
  "moveOnAfter(1, h)": (h) => moveOnAfter(1, h),
  "shield(h)": (h) => shield(h),
  "shield(() => h)": (h) => shield(() => h),
  "cancellable(h)": (h) => cancellable(h),
  "mapConcurrent(() => h)": (h) => drain(mapConcurrent([1], () => h, { concurrency: 1 })),
};

for (const [path, call] of Object.entries(outcomes)) {
  for (const [kind, make] of Object.entries(hostile)) {
    asyncTest(`${path} rejects for ${kind}, and leaves nothing open`, async () => {
      const error = await Promise.try(() => call(make())).then(() => null, (error) => error);
      assert(error instanceof Error, `got ${error}`);
      assert(/hostile|incompatible|receiver/i.test(error.message), error.message);
    });
  }
}
