// Each of these is a process of its own, which takes a good part of a second.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runProgram } from "../program.ts";

const REGISTER = ["--preload", import.meta.resolve("../../lib/trace/register.ts")];

const NAP = `await createTask(() => sleep(5), { name: "nap" });`;

/** Run a program with a trace, and give what was written into the file. */
async function traced(names: string, code: string, permissions?: readonly string[]) {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const ended = await runProgram(names, code, {
      env: { ASYNCIO_TRACE: path },
      flags: REGISTER,
      permissions: permissions ?? [`--allow-env=ASYNCIO_TRACE`, `--allow-write=${path}`],
    });
    const text = await Deno.readTextFile(path);
    const events: { name: string; ph: string }[] = text === "" ? [] : JSON.parse(text).traceEvents;
    return { ...ended, names: events.filter(({ ph }) => ph === "X").map(({ name }) => name) };
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("ASYNCIO_TRACE traces a program as it is, without a change to it", async () => {
  const { code, names, stderr } = await traced("createTask, sleep", NAP);
  assertEquals([code, stderr, names], [0, "", ["nap", "sleep 5 ms"]]);
});

Deno.test("ASYNCIO_TRACE is written when the program exits by itself", async () => {
  const { code, names } = await traced("createTask, sleep", `${NAP} Deno.exit(3);`);
  assertEquals([code, names.length], [3, 2]);
});

Deno.test("ASYNCIO_TRACE is written when an error ends the program", async () => {
  const { code, names, stderr } = await traced("createTask, sleep", `${NAP} throw new Error("the end");`);
  assertEquals([code, names.length], [1, 2]);
  assertStringIncludes(stderr, "the end");
});

Deno.test("ASYNCIO_TRACE is written when a task fails that nobody awaits", async () => {
  const { code, names } = await traced(
    "createTask, sleep",
    `${NAP} createTask(() => Promise.reject(new Error("lost")));`,
  );
  assertEquals([code, names.includes("nap")], [1, true]);
});

Deno.test("ASYNCIO_TRACE prints a timeline and a summary when asked to", async () => {
  const { code, stderr } = await runProgram("createTask, sleep", NAP, {
    env: { ASYNCIO_TRACE: "timeline" },
    flags: REGISTER,
  });
  assertEquals(code, 0);
  assertMatch(stderr, /^nap +[^\w\s]+ +\d/m);
  assertMatch(stderr, /^Tasks +1, done$/m);
});

Deno.test("ASYNCIO_TRACE with an ending that is not known is ignored, and says so", async () => {
  const { code, stderr } = await runProgram("createTask, sleep", NAP, {
    env: { ASYNCIO_TRACE: "x.doc" },
    flags: REGISTER,
  });
  assertEquals(code, 0);
  assertStringIncludes(stderr, "ASYNCIO_TRACE is ignored: Cannot save a trace as its name must end with one of");
});

Deno.test("trace/register asks for no permission, and starts nothing by itself", async () => {
  const { code, stderr, stdout } = await runProgram("sleep", `await sleep(1); console.log("done");`, {
    flags: REGISTER,
    permissions: [],
  });
  assertEquals([code, stdout, stderr], [0, "done", ""]);
});

Deno.test("importing trace does nothing, whatever ASYNCIO_TRACE says", async () => {
  const { code, stderr } = await runProgram(
    "createTask, sleep",
    `await import(${JSON.stringify(import.meta.resolve("../../lib/trace/mod.ts"))}); ${NAP}`,
    { env: { ASYNCIO_TRACE: "timeline" } },
  );
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("ASYNCIO_TRACE that cannot be written does not change how the program ends", async () => {
  const { code, stderr } = await runProgram("createTask, sleep", NAP, {
    env: { ASYNCIO_TRACE: "/nowhere/at/all.json" },
    flags: REGISTER,
  });
  assertEquals(code, 0);
  assertStringIncludes(stderr, "Cannot save the trace as ASYNCIO_TRACE says");
});
