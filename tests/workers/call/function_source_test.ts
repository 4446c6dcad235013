import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { runInWorker } from "../../../mod.ts";
import { sourceOf } from "../../../lib/workers/call/function_source.ts";

const methods = {
  class(n: number) {
    return n + 1;
  },
  get(n: number) {
    return n + 2;
  },
  tells(n: number) {
    // A super idea.
    return `super ${n}, ${/super/.test("super")}`;
  },
  "src/**/*.ts": (n: number) => n + 3,
  "*/": (n: number) => n + 4,
  base(n: number) {
    return super.toString() + n;
  },
};

for (
  const [name, expected] of [["class", 2], ["get", 3], ["tells", "super 1, true"], ["src/**/*.ts", 4], [
    "*/",
    5,
  ]] as const
) {
  Deno.test(`runInWorker() runs a method called ${JSON.stringify(name)}`, async () => {
    assertEquals(await runInWorker<[number], unknown>(methods[name], [1]), expected);
  });
}

Deno.test("runInWorker() refuses a method that needs its super object, and a class", () => {
  assertThrows(() => sourceOf(methods.base), TypeError, "super");
  assertThrows(() => sourceOf(class Named {}), TypeError, "class Named");
});

Deno.test("runInWorker() runs what a bundler that keeps names has made of a function", async () => {
  // As esbuild writes it.
  const fn = new Function(
    "n",
    `const inner = /* @__PURE__ */ __name((n) => n + 1, "inner"); return [inner.name, inner(n)];`,
  ) as (n: number) => unknown;
  assertEquals(await runInWorker(fn, [1]), ["inner", 2]);
});

Deno.test("sourceOf() knows functions of one text as one, and forgets texts that are made without end", () => {
  const make = (n: number) => new Function(`return ${n};`) as () => number;
  const first = sourceOf(make(-1));
  assertStrictEquals(sourceOf(make(-1)), first);
  for (let n = 0; n < 1_000; n++) sourceOf(make(n));
  assertEquals(sourceOf(make(-1)) === first, false);
});
