// Runs every example as its own process, with the permissions that its header states and no others, and compares what it
// prints with what its last comment states. Each takes as long as a process takes to start, and a little of real time.
import { assertEquals, assertMatch } from "@std/assert";
import { PROGRAMS } from "../examples/_catalogue.ts";
import { runDeno } from "./program.ts";

const ROOT = new URL("../", import.meta.url);

/** The names of the programs; a name with an underscore in front is a part of others. */
const NAMES = [...Deno.readDirSync(new URL("examples/", ROOT))].map(({ name }) => name)
  .filter((name) => /^[^_].*\.ts$/.test(name)).map((name) => name.replace(".ts", "")).sort();

/** The four exercises have commands of their own. */
const EXERCISES = ["delay_simulation", "error_handling", "file_downloader", "mixed_execution"];

/** The words after `deno` in the line "Run: deno run <permissions> examples/name.ts <arguments>". */
function commandOf(source: string): string[] {
  const [, command] = source.match(/^\/\/ Run: deno (run .*)$/m) ?? [];
  return command?.split(" ") ?? [];
}

/** The lines of the comment after "Output:", which ends the file. */
function outputOf(source: string): string[] {
  const [, comment = ""] = source.match(/^\/\/ Output:\n((?:\/\/.*\n)+)$/m) ?? [];
  return comment.split("\n").slice(0, -1).map((line) => line.replace(/^\/\/ ?/, ""));
}

/** Whether a line is as stated; `…` stands for anything. */
function fits(line: string, stated: string): boolean {
  return new RegExp(`^${stated.split("…").map((part) => RegExp.escape(part)).join(".*")}$`).test(line);
}

for (const name of NAMES) {
  Deno.test(`examples/${name}.ts prints what it states, with the permissions that it states`, async () => {
    const source = await Deno.readTextFile(new URL(`examples/${name}.ts`, ROOT));
    const args = commandOf(source);
    assertEquals(
      args.includes(`examples/${name}.ts`),
      true,
      `a line "// Run: deno run … examples/${name}.ts" is needed`,
    );
    const { code, stdout, stderr } = await runDeno(args, { cwd: ROOT });
    assertEquals(code, 0, stderr);
    const stated = outputOf(source);
    const lines = stdout.trimEnd().split("\n");
    // Lines that fit are shown as stated, so that a difference shows only those that do not.
    assertEquals(lines.map((line, i) => fits(line, stated[i] ?? "") ? stated[i] : line), stated);
  });
}

Deno.test("examples/ has no program of more than 60 lines", async () => {
  for (const name of NAMES) {
    const source = await Deno.readTextFile(new URL(`examples/${name}.ts`, ROOT));
    assertEquals(source.trimEnd().split("\n").length <= 60, true, name);
  }
});

Deno.test("examples/ opens each program with a comment that says what it shows", async () => {
  for (const name of NAMES) {
    assertMatch(await Deno.readTextFile(new URL(`examples/${name}.ts`, ROOT)), /^\/\/ \S/, name);
  }
});

Deno.test("asyncio run knows every program of examples/ that is no exercise", () => {
  const programs = NAMES.filter((name) => !EXERCISES.includes(name));
  assertEquals(PROGRAMS.map(({ name }) => name).sort(), programs);
});
