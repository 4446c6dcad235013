import { assertEquals } from "@std/assert";
import { drawMarks } from "../../lib/text/bars.ts";

Deno.test("drawMarks() draws each stretch where it was", () => {
  const stretches = [{ start: 0, end: 25 }, { start: 50, end: 100 }];
  assertEquals(drawMarks(stretches, { columns: 8, duration: 100 }, "="), "==  ====");
});

Deno.test("drawMarks() draws the shortest stretch, and one at the very end", () => {
  assertEquals(drawMarks([{ start: 50, end: 50 }], { columns: 4, duration: 100 }, "="), "  = ");
  assertEquals(drawMarks([{ start: 100, end: 100 }], { columns: 4, duration: 100 }, "="), "   =");
  assertEquals(drawMarks([{ start: 0, end: 0 }], { columns: 4, duration: 0 }, "="), "=   ");
});
