// What the compiler makes of the public signatures: nothing here is decided at run time.
import { createTask } from "../../lib/tasks/create_task.ts";
import { gather } from "../../lib/tasks/gather.ts";
import { sleep } from "../../lib/tasks/sleep.ts";
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
