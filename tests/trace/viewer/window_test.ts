import { assertAlmostEquals, assertEquals } from "@std/assert";
import { makeViewerWindow } from "../../../lib/trace/viewer/window.ts";

function windowOf(duration: number) {
  const window = makeViewerWindow(duration);
  window.width = 1_000;
  return window;
}

Deno.test("the window shows all to begin with", () => {
  const window = windowOf(500);
  assertEquals([window.start, window.end, window.xOf(250), window.timeAt(1_000)], [0, 500, 500, 500]);
});

Deno.test("zooming keeps the time under the pointer where it is", () => {
  const window = windowOf(500);
  window.zoom(4, 800);
  assertAlmostEquals(window.timeAt(800), 400);
  assertAlmostEquals(window.end - window.start, 125);
});

Deno.test("zooming out ends with everything", () => {
  const window = windowOf(500);
  window.zoom(10, 900);
  window.zoom(1 / 1_000, 10);
  assertEquals([window.start, window.end], [0, 500]);
});

Deno.test("zooming in ends with a microsecond", () => {
  const window = windowOf(500);
  window.zoom(1e12, 500);
  assertAlmostEquals(window.end - window.start, 0.001, 1e-9);
});

Deno.test("moving stops at the ends", () => {
  const window = windowOf(500);
  window.zoom(5, 0);
  window.pan(-50);
  assertEquals(window.start, 0);
  window.pan(1e9);
  assertAlmostEquals(window.end, 500);
  assertAlmostEquals(window.end - window.start, 100);
});

Deno.test("the window shows a stretch with some room around it", () => {
  const window = windowOf(1_000);
  window.show(400, 500);
  assertEquals(window.xOf(400) > 0 && window.xOf(500) < 1_000, true);
  assertAlmostEquals((window.start + window.end) / 2, 450);
});

Deno.test("the window copes with a trace of no length", () => {
  const window = windowOf(0);
  window.zoom(2, 500);
  assertEquals(Number.isFinite(window.xOf(0)), true);
});
