import { assertEquals } from "@std/assert";
import { holdups, type Lingering } from "../../lib/core/lingering.ts";

/** Something that lingers, and counts how often it is looked through. */
class Stuck implements Lingering {
  looks = 0;
  readonly lingering: string;
  readonly #inside: readonly Stuck[];

  constructor(name: string, ...inside: Stuck[]) {
    this.lingering = name;
    this.#inside = inside;
  }

  readonly deadline = Infinity;
  readonly firstWaiting = null;

  children(): readonly Stuck[] {
    this.looks++;
    return this.#inside;
  }
}

/** Each in the next one. The last is the outermost. */
function nest(count: number): Stuck[] {
  const all = [new Stuck("0")];
  for (let i = 1; i < count; i++) all.push(new Stuck(String(i), all[i - 1]!));
  return all;
}

Deno.test("holdups() names the innermost of what lingers in each other", () => {
  const left = nest(3);
  const right = nest(2);
  const outer = new Stuck("outer", left[2]!, right[1]!);
  assertEquals(holdups(outer), [left[0]!, right[0]!]);
});

Deno.test("holdups() looks once through what several have in them, and names it once", () => {
  const all = nest(5);
  const seen = new Map<Lingering, boolean>();
  const named = all.flatMap((each) => holdups(each, seen));
  assertEquals(named, [all[0]!]);
  assertEquals(all.map(({ looks }) => looks), [1, 1, 1, 1, 1]);
});
