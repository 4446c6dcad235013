// What the compiler makes of functions that return now this, now a promise of that. Nothing here is decided at run time.
import {
  asCompleted,
  createTask,
  moveOnAfter,
  type Owned,
  run,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  timeoutAt,
} from "../../mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

/** Fails to compile unless the two types are the same. */
function same<A, B>(..._equal: Equal<A, B> extends true ? [] : [never]): void {}

const heads = performance.now() > 0;
const cached = (): number | Promise<string> => heads ? 1 : Promise.resolve("text");
const either = (): Promise<number> | Promise<string> => heads ? Promise.resolve(1) : Promise.resolve("text");

Deno.test("createTask() knows what a function returns that returns this or a promise of that", async () => {
  const task = createTask(cached);
  same<typeof task, Task<number | string>>();
  const other = createTask(either, { name: "either" });
  same<typeof other, Task<number | string>>();
  const named = createTask(({ name }) => heads ? name : sleep(0, 1));
  same<typeof named, Task<number | string>>();
  await Promise.all([task, other, named]);
});

Deno.test("timeout() and its kind know it, too", async () => {
  const results = await Promise.all([
    timeout(1_000, cached),
    timeoutAt(Infinity, either),
    moveOnAfter(1_000, cached),
    timeout(1_000, ({ deadline }) => heads ? deadline : sleep(0, "text")),
  ]);
  same<
    typeof results,
    [number | string, number | string, number | string | undefined, number | string]
  >();
});

Deno.test("taskGroup(), its tasks, shield() and run() know it, too", async () => {
  const result = await taskGroup((group) => {
    const task = group.createTask(either);
    same<typeof task, Task<number | string>>();
    return cached();
  });
  same<typeof result, number | string | undefined>();
  const shielded = await shield(cached);
  same<typeof shielded, number | string>();
  const ran = await run(either, { signals: [] });
  same<typeof ran, number | string>();
});

Deno.test("functions that are handed on keep their type", async () => {
  const withTimeout = <T>(fn: Owned<T>): Promise<T> => timeout(1_000, fn);
  const asTask = <T>(fn: () => Promise<T>): Task<T> => createTask(fn);
  const given: number = await withTimeout(() => 1) + await asTask(() => sleep(0, 1));
  same<typeof given, number>();
  const explicit = createTask<number | string>(() => sleep(0, 1));
  same<typeof explicit, Task<number | string>>();
  const literal: Promise<"a" | "b"> = createTask(() => heads ? "a" : "b");
  await Promise.all([explicit, literal]);
  // @ts-expect-error: neither a function nor a promise
  (() => timeout(1_000, 1));
});

Deno.test("asCompleted() gives the tasks themselves, not what they resolve to", async () => {
  for await (const task of asCompleted([() => sleep(0, 1)])) same<typeof task, Task<number>>();
  // Not only in the first loop that the compiler comes to.
  for await (const task of asCompleted([() => sleep(0, 1)])) same<typeof task, Task<number>>();
  for await (const promise of asCompleted([Promise.resolve("text")])) same<typeof promise, Promise<string>>();
  const loop = asCompleted([() => 1]);
  const { value } = await loop.next();
  same<typeof value, void | Task<number>>();
  await loop.return();
  const iterable: AsyncIterable<Promise<number>> = asCompleted([() => 1]);
  for await (const one of iterable) await one;
});

Deno.test("a Task is a Promise to the compiler", async () => {
  const task = createTask(() => sleep(0, 1));
  const promise: Promise<number> = task;
  const like: PromiseLike<number> = task;
  const told = task.then(String, (error: Error) => error.message);
  same<typeof told, Promise<string>>();
  await Promise.all([promise, like, told]);
});
