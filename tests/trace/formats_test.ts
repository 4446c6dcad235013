import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { createTask, sleep } from "../../mod.ts";
import { startTrace, type TraceFormat } from "../../lib/trace/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

asyncTest("trace.save() chooses the format by the ending of the name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using trace = startTrace();
    await createTask(() => sleep(1), { name: "nap" });
    trace.stop();
    for (
      const [name, beginning] of [
        ["trace.html", "<!DOCTYPE html>"],
        ["trace.SVG", "<svg"],
        ["trace.json", '{"traceEvents":'],
        ["trace.mmd", "gantt\n"],
        ["trace.flow.mmd", "graph TD\n"],
      ]
    ) {
      await trace.save(`${folder}/${name}`);
      assertEquals((await Deno.readTextFile(`${folder}/${name}`)).startsWith(beginning!), true, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("trace.save() refuses a name whose ending it does not know, before it writes anything", async () => {
  using trace = startTrace();
  const error = await assertRejects(() => trace.save("/nowhere/trace.txt"), TypeError);
  assertStringIncludes(
    error.message,
    "must end with one of .html, .svg, .json, .flow.mmd, .mmd: current value is /nowhere",
  );
});

Deno.test("trace.render() refuses a format that it does not know", () => {
  using trace = startTrace();
  assertThrows(() => trace.render("pdf" as TraceFormat), TypeError, "current value is pdf");
});
