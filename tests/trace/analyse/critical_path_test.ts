import { assertEquals } from "@std/assert";
import { createTask, gather, sleep } from "../../../mod.ts";
import { criticalPath } from "../../../lib/trace/analyse/critical_path.ts";
import { spanTree } from "../../../lib/trace/analyse/span_tree.ts";
import type { Recorded } from "../../../lib/trace/record/recorded.ts";
import { many, record, sketch } from "../recording.ts";

const pathOf = (recorded: Recorded) =>
  criticalPath(spanTree(recorded)).map(({ span, start, end, about }) => [
    span.name.replace(/-\d+$/, ""),
    start,
    end,
    about,
  ]);

Deno.test("criticalPath() is the slowest of those that went on at once", async () => {
  const recorded = await record(() =>
    gather(function fast() {
      return sleep(10);
    }, function slow() {
      return sleep(30);
    })
  );
  assertEquals(pathOf(recorded), [["slow", 0, 30, "sleep"]]);
});

Deno.test("criticalPath() goes through all that came one after the other", async () => {
  const recorded = await record(() =>
    createTask(async () => {
      await gather(function a() {
        return sleep(10);
      }, function b() {
        return sleep(20);
      });
      await sleep(5);
      await gather(function c() {
        return sleep(40);
      });
    }, { name: "main" })
  );
  assertEquals(pathOf(recorded), [["b", 0, 20, "sleep"], ["main", 20, 25, "sleep"], ["c", 25, 65, "sleep"]]);
});

Deno.test("criticalPath() leaves out what nothing waited for", () => {
  const inside = [{ name: "needed", start: 0, end: 80 }, { name: "aside", start: 10, end: 70 }];
  assertEquals(pathOf(sketch([{ name: "main", start: 0, end: 100, inside }])), [
    ["needed", 0, 80, "own"],
    ["main", 80, 100, "own"],
  ]);
});

Deno.test("criticalPath() follows a chain of ten thousand tasks", () => {
  const chain = many(10_000, "link", 10, 10);
  assertEquals(pathOf(sketch(chain)).length, 10_000);
});

Deno.test("criticalPath() of nothing is empty", () => {
  assertEquals(criticalPath([]), []);
});
