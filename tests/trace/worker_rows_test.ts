// Real workers, which take tens of milliseconds to start.
import { assertEquals } from "@std/assert";
import { gather, moveOnAfter, WorkerPool } from "../../mod.ts";
import { startTrace } from "../../lib/trace/trace.ts";

/** Hold a core for `ms` milliseconds. */
function burn(ms: number): number {
  const until = performance.now() + ms;
  while (performance.now() < until);
  return ms;
}

Deno.test("a trace shows in which worker each call ran, one after the other", async () => {
  await using pool = new WorkerPool({ size: 2, name: "cores" });
  // A first call each, so that both have started.
  await gather(() => pool.run(burn, [5]), () => pool.run(burn, [5]));
  using trace = startTrace();
  await gather([1, 2, 3, 4].map((n) => () => pool.run(burn, [20 + n])));
  trace.stop();
  const calls = trace.recorded().spans.filter(({ runs }) => runs.length > 0);
  assertEquals(calls.length, 4);
  const runs = calls.flatMap(({ runs }) => runs);
  assertEquals(new Set(runs.map(({ where }) => where)), new Set(["cores/1", "cores/2"]));
  for (const ofOne of Map.groupBy(runs, ({ where }) => where).values()) {
    const ordered = ofOne.sort((a, b) => a.start - b.start);
    for (let i = 1; i < ordered.length; i++) assertEquals(ordered[i]!.start >= ordered[i - 1]!.end, true);
  }
  // It is inside of what the caller saw of it, and as long as it took.
  for (const { start, end, runs: [run] } of calls) {
    assertEquals([run!.start >= start, run!.end <= end, run!.end - run!.start >= 15], [true, true, true]);
  }
});

Deno.test("a trace shows how long a call ran that had to be stopped", async () => {
  await using pool = new WorkerPool({ size: 1, name: "busy" });
  await pool.run(burn, [1]);
  using trace = startTrace();
  await moveOnAfter(20, () => pool.run(burn, [60_000], { grace: 10 }));
  trace.stop();
  const [call] = trace.recorded().spans.filter(({ runs }) => runs.length > 0);
  assertEquals([call!.state, call!.runs[0]!.where], ["cancelled", "busy/1"]);
});
