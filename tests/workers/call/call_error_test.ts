import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotStrictEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { realTime } from "../../../lib/core/platform.ts";
import { virtualTime } from "../../../lib/testing/mod.ts";
import { callSite } from "../../../lib/workers/call/call_error.ts";
import { sourceOf } from "../../../lib/workers/call/function_source.ts";
import { runInWorker, WorkerClosureError, WorkerLoadError, workerModule, WorkerPool } from "../../../mod.ts";

const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url);

Deno.test("an error keeps its class and fields, whatever they are called", async () => {
  const error = await runInWorker(() => {
    throw Object.assign(new RangeError("The server answered 404"), {
      url: "https://example.com/x",
      load: 1,
      status: 404,
    });
  }).catch((error) => error);
  assertEquals(error.constructor, RangeError);
  assertEquals({ ...error }, { url: "https://example.com/x", load: 1, status: 404 });
});

Deno.test("an AggregateError of any number of errors comes back in time, also of one without end", async () => {
  const error = await runInWorker(() => {
    const endless = Object.assign(new AggregateError([]), {
      errors: {
        *[Symbol.iterator]() {
          for (let n = 0;; n++) yield new RangeError(`error ${n}`);
        },
      },
    });
    throw new AggregateError([endless, new Error("after it")], "All have failed");
  }).catch((error) => error);
  assertInstanceOf(error, AggregateError);
  assertEquals(error.message, "All have failed");
  const [{ errors }] = error.errors;
  assert(errors.length > 1_000);
  assertInstanceOf(errors[0], RangeError);
  assertStringIncludes(errors[0].stack!, "    at ");
  assertEquals(errors[1_000].message, "error 1000");
});

Deno.test("an error that is among its own causes comes back all the same", async () => {
  const error = await runInWorker(() => {
    const outer = new RangeError("outer", { cause: new Error("inner") });
    (outer.cause as Error).cause = outer;
    throw outer;
  }).catch((error) => error);
  assertEquals([error.constructor, error.message, error.cause.message], [RangeError, "outer", "inner"]);
});

Deno.test("what was thrown comes back as it is, whatever its fields are called", async () => {
  const thrown = { url: "https://example.com/x", load: { deep: true } };
  const error = await runInWorker((thrown: unknown) => {
    throw thrown;
  }, [thrown]).catch((error) => error);
  assertEquals(error, thrown);
});

for (
  const message of [
    "a cannot-be-a-base URL was given",
    'Import "./x.ts" not a dependency',
    "invalid URL: relative URL with a cannot-be-a-base base",
  ]
) {
  Deno.test(`an error that says ${JSON.stringify(message)} is none of an import`, async () => {
    const error = await runInWorker((message: string) => {
      throw new TypeError(message);
    }, [message]).catch((error) => error);
    assertEquals([error.constructor, error.message], [TypeError, message]);
  });
}

Deno.test("a relative import in a function is refused in one line, and its cause is short", async () => {
  const error = await assertRejects(() =>
    runInWorker(async function relative() {
      // Anything that makes the source long.
      return await import("../fixtures/cpu.ts");
    }), WorkerLoadError);
  assertStringIncludes(error.message, "a relative module");
  assertInstanceOf(error.cause, TypeError);
  assertEquals(error.cause.message.includes("data:"), false);
  assertEquals(error.cause.stack!.includes("data:"), false);
  assert(Deno.inspect(error).split("\n").length < 20);
});

Deno.test("a function imports what has a place of its own: an absolute URL, a built-in module", async () => {
  const result = await runInWorker(async (url: string) => {
    const { increment } = await import(url);
    const { join } = await import("node:path/posix");
    return [increment(1), join("a", "b")];
  }, [`data:text/javascript,export const increment = (n) => n + 1;`]);
  assertEquals(result, [2, "a/b"]);
});

Deno.test("an unknown variable inside a module is the ReferenceError that it is", async () => {
  const url = `data:text/javascript,export function f() { return typo; }`;
  const module = workerModule<{ f(): number }>(url);
  const error = await module.f().catch((error) => error);
  assertEquals([error.constructor, error.message], [ReferenceError, "typo is not defined"]);
  const imported = await runInWorker(async (url: string) => (await import(url)).f(), [url]).catch((error) => error);
  assertEquals(imported.constructor, ReferenceError);
});

Deno.test("an outer variable called name is told of, not taken for the worker's", async () => {
  for (const backend of ["thread", "web", "process"] as const) {
    await using pool = new WorkerPool({ backend, size: 1 });
    const error = await pool.run(() => name).catch((error) => error);
    assertInstanceOf(error, WorkerClosureError);
    assertEquals(error.variable, "name");
  }
});

Deno.test("decorators in a function are told of as such", () => {
  const error = new WorkerClosureError("f", "_apply_decs_2203_r");
  assertStringIncludes(error.message, "decorators");
  assertEquals(error.message.includes("as an argument"), false);
});

Deno.test("a module that cannot be loaded is named, with what it says of it", async () => {
  const module = workerModule<{ f(): unknown }>(fixture("throws_at_top.ts"));
  const error = await assertRejects(() => module.f(), WorkerLoadError, "throws_at_top.ts");
  assertInstanceOf(error.cause, Error);
});

for (const backend of ["thread", "web", "process"] as const) {
  Deno.test(`${backend} worker: a module that could not be loaded can be when what it lacked is there`, async () => {
    const permissions = backend === "process" ? { read: true } : undefined;
    await using pool = new WorkerPool({ size: 1, backend, permissions });
    const dir = new URL(`file://${await Deno.makeTempDir()}/`);
    const url = new URL("module.ts", dir);
    const { answer } = pool.module<{ answer(): number; other(): void }>(url);
    await assertRejects(() => answer(), WorkerLoadError, "not found");
    await Deno.writeTextFile(url, `import "./needed.ts"; export const answer = () => 42;`);
    await assertRejects(() => answer(), WorkerLoadError, "needed.ts");
    await Deno.writeTextFile(new URL("needed.ts", dir), `Deno.statSync(new URL("./flag", import.meta.url));`);
    await assertRejects(() => answer(), WorkerLoadError, "flag");
    await Deno.writeTextFile(new URL("flag", dir), "");
    assertEquals(await answer(), 42);
    // As a function may import one.
    const importing = async (url: string) => (await import(url)).answer();
    const late = new URL("late.ts", dir);
    await assertRejects(() => pool.run(importing, [late.href]), TypeError, "not found");
    await Deno.writeTextFile(late, `export const answer = () => 43;`);
    assertEquals(await pool.run(importing, [late.href]), 43);
    await Deno.remove(dir, { recursive: true });
  });
}

Deno.test("a module without the function that is called stays, with what it has set up", async () => {
  await using pool = new WorkerPool({ size: 1 });
  const url = "data:text/javascript,let calls = 0; export const count = () => ++calls;";
  const { count, missing } = pool.module<{ count(): number; missing(): void }>(url);
  assertEquals(await count(), 1);
  await assertRejects(() => missing(), WorkerLoadError, "exports no such function");
  assertEquals(await count(), 2);
});

Deno.test("calls of two functions that follow each other at once know each its own place", () => {
  const [one, two] = [sourceOf(() => 1), sourceOf(() => 2)];
  function inOne(): Error {
    return callSite(one);
  }
  function inTwo(): Error {
    return callSite(two);
  }
  assertStringIncludes(inOne().stack!, "inOne");
  assertStringIncludes(inTwo().stack!, "inTwo");
});

Deno.test("callSite() looks again after a millisecond of real time, though virtual time stands still", async () => {
  const source = sourceOf(function named() {});
  await virtualTime(() => {
    const first = callSite(source);
    const begin = realTime.now();
    while (realTime.now() <= begin + 1);
    assertNotStrictEquals(callSite(source), first);
  }, { globals: true });
});
