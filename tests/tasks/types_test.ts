// What the compiler makes of the public signatures: nothing here is decided at run time.
import { asCompleted } from "../../lib/tasks/as_completed.ts";
import { cancelScope } from "../../lib/tasks/cancel_scope.ts";
import { createTask } from "../../lib/tasks/create_task.ts";
import { gather, type GatherOptions } from "../../lib/tasks/gather.ts";
import { Event } from "../../lib/sync/event.ts";
import type { Guard } from "../../lib/sync/guard.ts";
import { Queue } from "../../lib/sync/queue.ts";
import { after, select } from "../../lib/sync/select.ts";
import { Semaphore } from "../../lib/sync/semaphore.ts";
import { race } from "../../lib/tasks/race.ts";
import { sleep } from "../../lib/tasks/sleep.ts";
import { moveOnAfter } from "../../lib/tasks/timeout.ts";
import type { Task } from "../../lib/tasks/task.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Fails to compile unless the two types are the same. */
function same<A, B>(..._equal: Equal<A, B> extends true ? [] : [never]): void {}

const numbers = [1, 2].map((n) => () => sleep(0, n));

function* mixed(): Generator<(() => number) | Promise<string>> {
  yield () => 1;
  yield Promise.resolve("text");
}

Deno.test("gather() gives a tuple in the order of the arguments", async () => {
  const results = await gather(() => 1, Promise.resolve("text"), createTask(() => true), null);
  same<typeof results, [number, string, boolean, null]>();
  const async = await gather(async () => await sleep(0, 1), async () => {});
  same<typeof async, [number, void]>();
  const none = await gather();
  same<typeof none, []>();
});

Deno.test("gather() of a list gives a tuple where the list is one, and an array otherwise", async () => {
  const tuple = await gather([() => sleep(0, 1), Promise.resolve("text")]);
  same<typeof tuple, [number, string]>();
  const array = await gather(numbers);
  same<typeof array, number[]>();
  const spread = await gather(...numbers);
  same<typeof spread, number[]>();
  const none = await gather([]);
  same<typeof none, []>();
  const constant = await gather([() => sleep(0, 1), "text"] as const);
  same<typeof constant, [number, "text"]>();
});

Deno.test("gather() of an iterable gives an array", async () => {
  const set = await gather(new Set(numbers));
  same<typeof set, number[]>();
  const generated = await gather(mixed(), { concurrency: 1 });
  same<typeof generated, (number | string)[]>();
  const text = await gather("not a list");
  same<typeof text, [string]>();
});

Deno.test("gather({ returnExceptions: true }) adds Error to each result, and false does not", async () => {
  const tuple = await gather([() => sleep(0, 1), Promise.resolve("text")], { returnExceptions: true });
  same<typeof tuple, [number | Error, string | Error]>();
  const array = await gather(numbers, { returnExceptions: true, concurrency: 1 });
  same<typeof array, (number | Error)[]>();
  const set = await gather(new Set(numbers), { returnExceptions: true });
  same<typeof set, (number | Error)[]>();
  const without = await gather(numbers, { returnExceptions: false });
  same<typeof without, number[]>();
});

Deno.test("gather() knows the type of the scope that its functions receive", async () => {
  const results = await gather(({ signal }) => signal.aborted, async ({ name }) => await sleep(0, name));
  same<typeof results, [boolean, string]>();
  const list = await gather([({ signal }) => signal], { concurrency: 1 });
  same<typeof list, [AbortSignal]>();
});

Deno.test("gather() refuses options that it does not know", () => {
  // @ts-expect-error: misspelt
  (() => gather(numbers, { concurrncy: 1 }));
  // @ts-expect-error: of the wrong type
  (() => gather(numbers, { concurrency: "1" }));
  // @ts-expect-error: one list, or many arguments, but not a list and others
  (() => gather(numbers, () => 1));
});

Deno.test("sleep() gives the type of its value", async () => {
  const nothing = sleep(0);
  same<typeof nothing, Promise<void>>();
  const text = sleep(0, "text");
  same<typeof text, Promise<string>>();
  await Promise.all([nothing, text]);
  // @ts-expect-error: the value comes before the options
  (() => sleep(0, {}, {}, {}));
});

Deno.test("createTask() gives a task of what the function returns, or the promise resolves to", async () => {
  const sync = createTask(({ name }) => name.length);
  same<typeof sync, Task<number>>();
  const async = createTask(async ({ signal }) => await sleep(0, signal.aborted));
  same<typeof async, Task<boolean>>();
  const observed = createTask(Promise.resolve("text"));
  same<typeof observed, Task<string>>();
  await gather(sync, async, observed);
  // @ts-expect-error: neither a function nor a promise
  (() => createTask(1));
});

Deno.test("gather({ returnExceptions }) adds Error to each result unless it is known to be false", () => {
  const verbose: boolean = numbers.length > 1;
  const options: GatherOptions = { returnExceptions: true };
  const inferred = { returnExceptions: true };
  const limit = { concurrency: 1 };
  const list = [() => 1, Promise.resolve("text")] as const;
  const calls = () => [
    same<Awaited<ReturnType<typeof a>>, [number | Error, string | Error]>(),
    same<Awaited<ReturnType<typeof b>>, [number | Error, string | Error]>(),
    same<Awaited<ReturnType<typeof c>>, (number | Error)[]>(),
    same<Awaited<ReturnType<typeof d>>, (number | Error)[]>(),
    same<Awaited<ReturnType<typeof e>>, [number, string]>(),
  ];
  const a = () => gather(list, { returnExceptions: verbose });
  const b = () => gather(list, options);
  const c = () => gather(numbers, inferred);
  const d = () => gather(new Set(numbers), options);
  const e = () => gather(list, limit);
  void calls;
});

Deno.test("gather(), race() and asCompleted() know the type of the scope of functions in a list", () => {
  const a = () => gather([({ signal }) => signal, ({ name }) => name]);
  same<Awaited<ReturnType<typeof a>>, [AbortSignal, string]>();
  const b = () => gather([({ signal }) => signal], { returnExceptions: true });
  same<Awaited<ReturnType<typeof b>>, [AbortSignal | Error]>();
  const c = () => race([({ signal }) => signal, ({ name }) => name]);
  same<Awaited<ReturnType<typeof c>>, AbortSignal | string>();
  const d = () => race(({ signal }) => signal, ({ name }) => name);
  same<Awaited<ReturnType<typeof d>>, AbortSignal | string>();
  (async () => {
    for await (const task of asCompleted([({ signal }) => signal])) same<typeof task, Task<AbortSignal>>();
  });
});

Deno.test("gather() and race() take what has no type", () => {
  // deno-lint-ignore no-explicit-any -- that is what it is about
  const untyped: any = null;
  void (() => [
    gather(untyped.load(), () => 1),
    gather(untyped.load()),
    gather(() => 1, untyped.load()),
    gather([untyped.load(), () => 1]),
    race(untyped.load(), () => 1),
    race(untyped.load()),
  ]);
});

Deno.test("gather() and race() take options after a list alone", () => {
  const { signal } = new AbortController();
  // @ts-expect-error: options after separate arguments
  (() => gather(() => 1, () => 2, { returnExceptions: true }));
  // @ts-expect-error: options after separate arguments
  (() => gather(() => 1, { concurrency: 1 }));
  // @ts-expect-error: options after separate arguments
  (() => race(() => 1, { signal }));
  // @ts-expect-error: a signal, which comes in options
  (() => race(() => 1, signal));
  // @ts-expect-error: a signal, which comes in options
  (() => gather(() => 1, signal));
  // @ts-expect-error: what is iterated over with await
  (() => gather((async function* () {})()));
  (() => race(numbers, { signal }));
  const first = () => race(new Set(numbers), { signal });
  same<Awaited<ReturnType<typeof first>>, number>();
});

Deno.test("sleep() takes options in the place of its value", () => {
  const { signal } = new AbortController();
  const options = () => sleep(1, { signal });
  same<ReturnType<typeof options>, Promise<void>>();
  const value = () => sleep(1, { signal, name: "a value" });
  same<Awaited<ReturnType<typeof value>>["name"], string>();
});

Deno.test("select() gives a union that tells the type of the value by the name of the case", () => {
  const jobs = new Queue<{ id: number }>();
  const results = new Queue<number>();
  const choose = () =>
    select({
      job: jobs.gets(),
      put: results.puts(1),
      permits: new Semaphore(2).acquires(2),
      stop: new Event().waits(),
      late: after(5),
      task: createTask(() => "text"),
      promise: Promise.resolve(true),
    });
  type Chosen = Awaited<ReturnType<typeof choose>>;
  same<Chosen["is"], "job" | "put" | "permits" | "stop" | "late" | "task" | "promise">();
  same<Extract<Chosen, { is: "job" }>["value"], { id: number }>();
  same<Extract<Chosen, { is: "permits" }>["value"], Guard>();
  same<Extract<Chosen, { is: "task" }>["value"], string>();
  same<Extract<Chosen, { is: "promise" }>["value"], boolean>();
  const first = async () => {
    const chosen = await choose();
    return chosen.is === "job" ? chosen.value.id : chosen.is;
  };
  same<Awaited<ReturnType<typeof first>>, number | Exclude<Chosen["is"], "job">>();
  const byName = () => select(Object.fromEntries(["a", "b"].map((name) => [name, jobs.gets()])));
  same<Awaited<ReturnType<typeof byName>>, { is: string; value: { id: number } }>();
  // @ts-expect-error: a queue is no case
  (() => select({ jobs }));
  // @ts-expect-error: nor is a function
  (() => select({ job: () => jobs.get() }));
  // @ts-expect-error: the cases are an object
  (() => select([jobs.gets()]));
  // @ts-expect-error: an item of another type
  (() => results.puts("text"));
});

Deno.test("gather() of an object gives one of the same names", async () => {
  const work = { user: () => sleep(0, "Ada"), age: Promise.resolve(36), plain: true };
  const results = await gather(work);
  same<typeof results, { user: string; age: number; plain: boolean }>();
  const spelled = await gather({ user: ({ signal }) => signal.aborted, posts: async () => await sleep(0, [1]) });
  same<typeof spelled, { user: boolean; posts: number[] }>();
  const errors = await gather(work, { returnExceptions: true, concurrency: 1 });
  same<typeof errors, { user: string | Error; age: number | Error; plain: boolean | Error }>();
  const some = await gather(Object.fromEntries(["a", "b"].map((name) => [name, () => name.length])));
  same<typeof some, { [name: string]: number }>();
  interface Work {
    user: () => string;
  }
  const byInterface: Work = { user: () => "Ada" };
  // @ts-expect-error: an interface may have more than it says; { ...byInterface } has not
  (() => gather(byInterface));
  const copied = await gather({ ...byInterface });
  same<typeof copied, { user: string }>();
});

Deno.test("moveOnAfter() gives the type of its fallback, too", () => {
  const plain = () => moveOnAfter(1, () => sleep(1, "text"));
  same<Awaited<ReturnType<typeof plain>>, string | undefined>();
  const { signal } = new AbortController();
  const withSignal = () => moveOnAfter(1, Promise.resolve(1), { signal });
  same<Awaited<ReturnType<typeof withSignal>>, number | undefined>();
  const withFallback = () => moveOnAfter(1, async () => await sleep(1, [1]), { fallback: null });
  same<Awaited<ReturnType<typeof withFallback>>, number[] | null>();
  const rows = () => moveOnAfter(1, () => sleep(1, ["row"]), { fallback: [], signal });
  rows satisfies () => Promise<string[]>;
  const both = () =>
    moveOnAfter(1, ({ expired }) => expired ? Number("1") : Promise.resolve("text"), { fallback: null });
  same<Awaited<ReturnType<typeof both>>, string | number | null>();
  const scoped = () => cancelScope(({ cancel }) => cancel() ? Number("1") : Promise.resolve("text"));
  same<Awaited<ReturnType<typeof scoped>>, string | number | undefined>();
});
