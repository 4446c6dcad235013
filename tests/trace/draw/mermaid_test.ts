import { assertEquals } from "@std/assert";
import { toFlowGraph } from "../../../lib/trace/draw/mermaid.ts";
import { toMermaidGantt } from "../../../lib/trace/draw/mermaid.ts";
import { many, sketch, type SpanSketch } from "../recording.ts";

const THREE: SpanSketch[] = [1, 2, 3].map((n) => ({
  name: `Task ${n}`,
  start: 0,
  end: n * 100,
  waits: [[0, n * 100, `sleep ${n * 100} ms`]],
}));

const GATHER: SpanSketch = { name: "gather-1", kind: "gather", start: 0, end: 300, inside: THREE };

Deno.test("the flow graph has the shape of the tutorial's", () => {
  const graph = toFlowGraph(sketch([GATHER])).split("\n").filter((line) => !/classDef|class /.test(line)).join("\n");
  assertEquals(
    graph,
    `
graph TD
  n1["Start"]
  n2["Create 3 tasks"]
  n1 --> n2
  n3["Event loop starts"]
  n2 --> n3
  n4["Task 1 waiting on sleep 100 ms"]
  n3 --> n4
  n5["Resume Task 1"]
  n4 -->|done| n5
  n6["Task 2 waiting on sleep 200 ms"]
  n3 --> n6
  n7["Resume Task 2"]
  n6 -->|done| n7
  n8["Task 3 waiting on sleep 300 ms"]
  n3 --> n8
  n9["Resume Task 3"]
  n8 -->|done| n9
  n10["Gather results"]
  n5 --> n10
  n7 --> n10
  n9 --> n10
  n11["End"]
  n10 --> n11
`.trimStart(),
  );
});

Deno.test("the flow graph says what failed and what was cancelled", () => {
  const graph = toFlowGraph(sketch([
    { name: "a", start: 0, end: 5, state: "failed" },
    { name: "b", start: 0, end: 5, state: "cancelled" },
  ]));
  assertEquals([...graph.matchAll(/\|(.+)\|/g)].map(([, arrow]) => arrow), ["failed", "cancelled"]);
  assertEquals([...graph.matchAll(/\["([ab] .+)"\]/g)].map(([, box]) => box), [
    "a runs",
    "a failed",
    "b runs",
    "b cancelled",
  ]);
});

Deno.test("the flow graph joins many of a name", () => {
  const boxes = [...toFlowGraph(sketch(many(500, "job", 10, 1))).matchAll(/\["(.*)"\]/g)];
  assertEquals(boxes.map(([, box]) => box), [
    "Start",
    "Create 500 tasks",
    "Event loop starts",
    "job × 500 waiting on sleep 10 ms",
    "Resume job × 500",
    "End",
  ]);
});

Deno.test("the flow graph shows any name as it is", () => {
  const graph = toFlowGraph(sketch([{ name: `a"]; click #1 <b>\n`, start: 0, end: 1 }]));
  assertEquals(graph.includes(`["a#quot;]; click #35;1 #lt;b#gt;  runs"]`), true);
});

Deno.test("the mermaid Gantt chart has a bar for each task, by how it ended", () => {
  const main: SpanSketch = {
    name: "main",
    start: 0,
    end: 300,
    inside: [
      ...THREE.slice(0, 1),
      { name: "bad: one", start: 0, end: 50, state: "failed" },
      { name: "off", start: 10, end: 10, state: "cancelled" },
    ],
  };
  assertEquals(
    toMermaidGantt(sketch([main])),
    `
gantt
  title 4 tasks · 300 ms · at most 2 at once · 50 ms saved · 1 failed · 1 cancelled
  dateFormat x
  axisFormat %S.%L s
  section main
  main :t1, 0, 300
  Task 1 :t2, 0, 100
  bad one :crit, t3, 0, 50
  off :done, t4, 10, 11
`.trimStart(),
  );
});
