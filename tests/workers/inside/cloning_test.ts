// What cloning loses without a word is told of, by its place; what it keeps is let pass.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { cloneCheck } from "../../../lib/workers/inside/cloning.ts";
import { WorkerDataError, WorkerPool } from "../../../mod.ts";

class Point {
  constructor(readonly x: number) {}
}

/** Of what cloning makes an empty object: nothing says so. */
const EMPTY: Record<string, () => unknown> = {
  URL: () => new URL("https://example.com/"),
  URLSearchParams: () => new URLSearchParams("a=1"),
  Headers: () => new Headers(),
  Request: () => new Request("https://example.com/"),
  Response: () => new Response("x"),
  FormData: () => new FormData(),
  Event: () => new Event("x"),
  AbortController: () => new AbortController(),
  TextDecoder: () => new TextDecoder(),
};

/** What threads can be given, and processes cannot. */
const IN_MEMORY: Record<string, () => unknown> = {
  Blob: () => new Blob(["x"]),
  File: () => new File(["x"], "name"),
  SharedArrayBuffer: () => new SharedArrayBuffer(8),
  "view of a SharedArrayBuffer": () => new Uint8Array(new SharedArrayBuffer(8)),
  Module: () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
};

/** What arrives. */
const KEPT: Record<string, unknown> = {
  "a class of the program": new Point(1),
  "one derived from Map": new (class Table extends Map<unknown, unknown> {})([[1, { at: new Date() }]]),
  "one derived from URL, with fields": Object.assign(new URL("https://example.com/"), { note: 1 }),
  "an error": new TypeError("x"),
  "an error with fields that cloning leaves out": Object.assign(new RangeError("x"), { at: new URL("https://x/") }),
  "an error of Deno": new Deno.errors.NotFound("x"),
  "a DOMException": new DOMException("x", "AbortError"),
  "an expression": /x/g,
  "a view": new DataView(new ArrayBuffer(8)),
  "an object without prototype": Object.assign(Object.create(null), { a: [1] }),
};

for (const apart of [true, false]) {
  const where = apart ? "to another process" : "to a thread";
  const { losesAny, find } = cloneCheck(apart);

  for (const [what, value] of Object.entries(KEPT)) {
    Deno.test(`cloneCheck() lets ${what} pass ${where}`, () => assert(!losesAny({ list: [value] })));
  }

  for (const [what, make] of Object.entries({ ...EMPTY, ...IN_MEMORY })) {
    const lost = apart || what in EMPTY;
    Deno.test(`cloneCheck() ${lost ? "finds" : "lets pass"} a ${what} ${where}, wherever it lies`, () => {
      for (
        const [path, around] of Object.entries({
          "it": (value: unknown) => value,
          "it.list[1]": (value: unknown) => ({ list: [1, value] }),
          'it.get("key")': (value: unknown) => new Map([["key", value]]),
          "it element": (value: unknown) => new Set([value]),
          "it.inner": (inner: unknown) => Object.assign(new Point(1), { inner }),
        })
      ) {
        const value = around(make());
        assertEquals(losesAny(value), lost);
        assertEquals(find(value, "it")?.path, lost ? path : undefined);
      }
    });
  }
}

Deno.test("cloneCheck() comes to an end with data that goes in circles, and with what cannot be read", () => {
  const { losesAny } = cloneCheck(true);
  const around: unknown[] = Array.from({ length: 50 }, () => []);
  for (const each of around) (each as unknown[]).push(around, ...around);
  assert(!losesAny(around));
  around.push(new Blob());
  assert(losesAny(around));
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert(!losesAny([proxy]));
});

/** Called in a worker: a generator that yields what is lost, after what is not. */
async function* yieldLost(): AsyncGenerator<unknown> {
  yield [1];
  yield { file: new File(["x"], "name") };
}

for (const backend of ["thread", "process"] as const) {
  Deno.test(`${backend} worker: what would arrive as an empty object is refused by its place, both ways`, async () => {
    await using pool = new WorkerPool({ size: 1, backend });
    const makers = backend === "process" ? { ...EMPTY, ...IN_MEMORY } : EMPTY;
    for (const make of Object.values(makers)) {
      const there = await assertRejects(() => pool.run((x: unknown) => x, [{ list: [1, make()] }]), WorkerDataError);
      assertEquals(there.path, "argument 0.list[1]");
      const back = await assertRejects(() => pool.run(make), WorkerDataError);
      assertEquals(back.path, "the result");
    }
    // With functions beside it, of which copies are sent.
    const beside = await assertRejects(
      () => pool.run((x: unknown) => x, [{ f() {}, at: new Headers() }]),
      WorkerDataError,
    );
    assertEquals(beside.path, "argument 0.at");
    assertEquals(await pool.run(() => "well"), "well");
  });

  Deno.test(`${backend} worker: what a callback returns or is called with is refused in the same way`, async () => {
    await using pool = new WorkerPool({ size: 1, backend });
    type Callback = (value?: unknown) => Promise<unknown>;
    const told = (call: Callback) => call().catch((error: Error) => `${error.name}: ${error.message}`);
    assertEquals(
      await pool.run(told, [() => ({ at: new URL("https://example.com/") }) as unknown as Promise<unknown>]),
      "DataCloneError: Cannot copy the result of a callback.at to another worker as an instance of URL cannot be cloned",
    );
    const error = await pool.run((call: Callback) => call({ at: new Headers() }), [() => Promise.resolve()])
      .catch((error) => error);
    assertInstanceOf(error, WorkerDataError);
    assertEquals(error.path, "the arguments of a callback[0].at");
  });
}

Deno.test("process worker: a stream gives what comes before a value that would be lost", async () => {
  await using pool = new WorkerPool({ size: 1, backend: "process" });
  const seen: unknown[] = [];
  const error = await (async () => {
    for await (const value of pool.stream(yieldLost)) seen.push(value);
  })().catch((error) => error);
  assertEquals(seen, [[1]]);
  assertInstanceOf(error, WorkerDataError);
  assertEquals(error.path, "value 1.file");
});

Deno.test("process worker: a port is refused as what only threads can be given, handed over or not", async () => {
  await using pool = new WorkerPool({ size: 1, backend: "process" });
  const { port1, port2 } = new MessageChannel();
  for (const options of [{}, { transfer: [port1] }]) {
    await assertRejects(
      () => pool.run((port: unknown) => port, [port1], options),
      WorkerDataError,
      "argument 0 to another worker as an instance of MessagePort (which only threads can be given)",
    );
  }
  port1.close();
  port2.close();
});

Deno.test("thread worker: Blobs, keys and shared memory arrive, and streams that change hands", async () => {
  await using pool = new WorkerPool({ size: 1 });
  assertEquals(await pool.run((blob: Blob) => blob.text(), [new Blob(["text"])]), "text");
  const shared = new Int32Array(new SharedArrayBuffer(4));
  await pool.run((view: Int32Array) => void view.fill(7), [shared]);
  assertEquals(shared[0], 7);
  const stream = ReadableStream.from(["a", "b"]);
  assertEquals(await pool.run((s: ReadableStream) => Array.fromAsync(s), [stream], { transfer: [stream] }), ["a", "b"]);
  const error = await assertRejects(
    () => pool.run((s: unknown) => s, [{ stream: ReadableStream.from(["a"]) }]),
    WorkerDataError,
    "as an instance of ReadableStream (which can only be handed over, with `transfer`) cannot be cloned",
  );
  assertEquals(error.path, "argument 0.stream");
});
