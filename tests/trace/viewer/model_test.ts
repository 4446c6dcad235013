import { assertEquals } from "@std/assert";
import { encodeForViewer } from "../../../lib/trace/viewer/data.ts";
import { makeViewerModel, type ViewerModel } from "../../../lib/trace/viewer/model.ts";
import { sketch, type SpanSketch } from "../recording.ts";

const TREE: SpanSketch[] = [
  {
    name: "main",
    start: 0,
    end: 100,
    inside: [
      {
        name: "users",
        start: 0,
        end: 40,
        waits: [[0, 10, "sleep 10 ms"], [10, 40, "sleep 30 ms"], [20, 30, "a promise", "promise"]],
      },
      {
        name: "orders",
        start: 0,
        end: 90,
        state: "failed",
        error: "Error: no stock",
        inside: [
          { name: "item", start: 5, end: 20 },
        ],
      },
    ],
  },
  { name: "watch", start: 10, end: 60, state: "cancelled" },
];

const modelOf = (top: SpanSketch[] = TREE): ViewerModel => makeViewerModel(encodeForViewer(sketch(top)));
const rows = (model: ViewerModel) => model.rows().map((span) => model.data.spans[span]![0]);
const named = (model: ViewerModel, found: readonly number[]) => found.map((span) => model.data.spans[span]![0]);

Deno.test("the viewer has a row for each span, below what is around it", () => {
  const model = modelOf();
  assertEquals(rows(model), ["main", "users", "orders", "item", "watch"]);
  assertEquals(model.rows().map((span) => model.depth(span)), [0, 1, 1, 2, 0]);
});

Deno.test("the viewer folds a span, with all that is below it", () => {
  const model = modelOf();
  model.fold(0);
  assertEquals(rows(model), ["main", "watch"]);
  assertEquals([model.rowOf(3), model.rowOf(4)], [-1, 1]);
  model.fold(0);
  assertEquals(rows(model).length, 5);
});

Deno.test("the viewer unfolds what hides a span", () => {
  const model = modelOf();
  model.fold(2);
  model.fold(0);
  model.reveal(3);
  assertEquals(rows(model), ["main", "users", "orders", "item", "watch"]);
});

Deno.test("the viewer finds spans by name, state, kind and error, all words at once", () => {
  const model = modelOf();
  assertEquals(named(model, model.search("USER")), ["users"]);
  assertEquals(named(model, model.search("failed")), ["orders"]);
  assertEquals(named(model, model.search("stock")), ["orders"]);
  assertEquals(named(model, model.search("task cancelled")), ["watch"]);
  assertEquals(named(model, model.search("critical path")), ["main", "orders", "item"]);
  assertEquals(named(model, model.search("  ")), []);
});

Deno.test("the viewer adds up what a span waited for, the longest first", () => {
  const model = modelOf([{ name: "a", start: 0, end: 9, waits: [[0, 2, "x"], [2, 4, "y"], [5, 9, "x"]] }]);
  assertEquals(model.waits(0), [{ what: "x", count: 2, ms: 6 }, { what: "y", count: 1, ms: 2 }]);
});

Deno.test("the viewer has a row for each worker", () => {
  const model = modelOf([
    { name: "fib", start: 0, end: 50, runs: [{ where: "pool/2", start: 5, end: 45 }] },
    { name: "fib", start: 0, end: 50, runs: [{ where: "pool/1", start: 5, end: 45 }] },
  ]);
  assertEquals(rows(model), ["fib", "fib", "pool/1", "pool/2"]);
  assertEquals(model.waits(2), [{ what: "fib", count: 1, ms: 40 }]);
});
