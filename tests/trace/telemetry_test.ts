// Programs with OpenTelemetry on, which report to a receiver of this test. Each takes a good part of a second.
import { assertEquals, assertNotEquals } from "@std/assert";
import { runProgram } from "../program.ts";

const REGISTER = ["--preload", import.meta.resolve("../../lib/trace/register.ts")];

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status?: { code?: number; message?: string };
  attributes: { key: string; value: { stringValue?: string; intValue?: string | number } }[];
  scope: string;
}

/** Run a program, and collect the spans that it reports. */
async function spansOf(names: string, code: string): Promise<Map<string, Span>> {
  const spans = new Map<string, Span>();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.json();
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const each of scopeSpans) {
        for (const span of each.spans) spans.set(span.name, { ...span, scope: each.scope?.name });
      }
    }
    return Response.json({});
  });
  const { code: exitCode, stderr } = await runProgram(names, code, {
    flags: REGISTER,
    permissions: ["--allow-net=127.0.0.1"],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
    },
  });
  assertEquals([exitCode, stderr], [0, ""]);
  return spans;
}

const attribute = (span: Span, name: string) => span.attributes.find(({ key }) => key === name)?.value.stringValue;

Deno.test("with OpenTelemetry on, tasks are spans, whose parents are the tasks around them", async () => {
  const spans = await spansOf(
    "createTask, gather, sleep",
    `await createTask(async () => {
      await gather(async function left() {
        await sleep(1);
        await createTask(() => sleep(1), { name: "below" });
      }, function right() {
        return sleep(2);
      });
    }, { name: "top" });`,
  );
  assertEquals([...spans.keys()].sort(), ["below", "left", "right", "top"]);
  const [top, left, right, below] = ["top", "left", "right", "below"].map((name) => spans.get(name)!);
  assertEquals(top!.parentSpanId ?? "", "");
  assertEquals([left!.parentSpanId, right!.parentSpanId], [top!.spanId, top!.spanId]);
  assertEquals(below!.parentSpanId, left!.spanId);
  assertEquals(new Set([...spans.values()].map(({ traceId }) => traceId)).size, 1);
  assertEquals(top!.scope, "@asyncio/toolkit");
});

Deno.test("with OpenTelemetry on, a span tells how its task ended", async () => {
  const spans = await spansOf(
    "createTask, sleep",
    `const failed = createTask(() => Promise.reject(new RangeError("too far")), { name: "failed" });
    await failed.settled();
    const cancelled = createTask(() => sleep(60_000), { name: "cancelled", eager: true });
    cancelled.cancel();
    await cancelled.settled();
    await createTask(() => sleep(1), { name: "nap-12" });`,
  );
  const [failed, cancelled, nap] = ["failed", "cancelled", "nap"].map((name) => spans.get(name)!);
  assertEquals(failed!.status, { message: "too far", code: 2 });
  assertEquals(attribute(failed!, "asyncio.task.state"), "failed");
  assertEquals(attribute(cancelled!, "asyncio.task.state"), "cancelled");
  assertNotEquals(cancelled!.status?.code, 2);
  assertEquals([attribute(nap!, "asyncio.task.state"), attribute(nap!, "asyncio.task.name")], ["done", "nap-12"]);
});

Deno.test("with OpenTelemetry on, a request bears the trace of the task that makes it", async () => {
  const spans = await spansOf(
    "createTask, gather",
    `await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) =>
      new Response(request.headers.get("traceparent")));
    const ask = () => fetch("http://127.0.0.1:" + server.addr.port).then((response) => response.text());
    const [one, two] = await gather(function first() {
      return ask();
    }, async function second() {
      await null;
      return await ask();
    });
    // A task's name is what leaves this program with a span, so the test gets to see the header.
    await createTask(() => 0, { name: "header " + one + " " + two });`,
  );
  const header = [...spans.keys()].find((name) => name.startsWith("header "))!;
  const [one, two] = header.split(" ").slice(1).map((traceparent) => traceparent.split("-")[1]);
  assertEquals([one, two], [spans.get("first")!.traceId, spans.get("second")!.traceId]);
  const requests = [...spans.values()].filter(({ parentSpanId }) =>
    parentSpanId === spans.get("first")!.spanId || parentSpanId === spans.get("second")!.spanId
  );
  assertNotEquals(requests.length, 0);
});

Deno.test("with OpenTelemetry on, a span of the program's own stands between tasks", async () => {
  const spans = await spansOf(
    "createTask, sleep",
    `const api = globalThis[Symbol.for("opentelemetry.js.api.1")];
    const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
    await createTask(async () => {
      const own = api.trace.getTracer("app").startSpan("own");
      const context = api.context.active().setValue(SPAN, own);
      await api.context.with(context, () => createTask(() => sleep(1), { name: "inner" }));
      own.end();
      await createTask(() => sleep(1), { name: "after" });
    }, { name: "outer" });`,
  );
  const [outer, own, inner, after] = ["outer", "own", "inner", "after"].map((name) => spans.get(name)!);
  assertEquals([own!.parentSpanId, inner!.parentSpanId, after!.parentSpanId], [
    outer!.spanId,
    own!.spanId,
    outer!.spanId,
  ]);
});

Deno.test("with OpenTelemetry off, there is nothing of it", async () => {
  const { code, stdout } = await runProgram(
    "createTask, sleep",
    `await createTask(() => sleep(1));
    console.log(globalThis[Symbol.for("opentelemetry.js.api.1")] === undefined);`,
    { flags: REGISTER, env: { OTEL_DENO: "" } },
  );
  assertEquals([code, stdout], [0, "true"]);
});
