import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { runProcess, startProcess } from "../../lib/process/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";

const BAD: [name: string, start: () => unknown, message: string][] = [
  ["an empty command", () => startProcess(""), 'must be a name or a path: current value is ""'],
  ["a command with a NUL", () => startProcess("a\0b"), "must be a name or a path"],
  ["a command that is no string", () => startProcess(3 as unknown as string), "current value is 3"],
  ["arguments in one string", () => startProcess("ls", "-l" as unknown as string[]), 'current value is "-l"'],
  [
    "an argument that is a number",
    () => startProcess("ls", [1 as unknown as string]),
    "current value of the one at 0 is 1",
  ],
  ["an argument with a NUL", () => startProcess("ls", ["-l", "a\0"]), "current value of the one at 1"],
  ["a variable without a name", () => startProcess("ls", [], { env: { "": "x" } }), 'current value of its name is ""'],
  ["a variable with a sign in its name", () => startProcess("ls", [], { env: { "a=b": "x" } }), '"a=b"'],
  ["a variable with a NUL", () => startProcess("ls", [], { env: { a: "\0" } }), "current value of a is"],
  ["no such input", () => startProcess("ls", [], { stdin: "hello" as "null" }), 'current value is "hello"'],
  ["no such output", () => startProcess("ls", [], { stdout: "text" as unknown as "piped" }), 'current value is "text"'],
  ["a timeout that is no number", () => startProcess("ls", [], { timeout: "1" as unknown as number }), '"1"'],
  ["a maxBuffer of 0", () => startProcess("ls", [], { maxBuffer: 0 }), "current value is 0"],
  ["a negative grace", () => startProcess("ls", [], { grace: -1 }), "current value is -1"],
];

for (const [name, start, message] of BAD) {
  Deno.test(`startProcess() starts nothing for ${name}, and says so`, () => {
    const error = assertThrows(start, Error, message);
    assertEquals(error instanceof TypeError || error instanceof RangeError, true);
  });
}

asyncTest("runProcess() names a program that is not there", async () => {
  await assertRejects(
    () => runProcess("no_such_program"),
    Deno.errors.NotFound,
    'Cannot start "no_such_program" as there is no such program',
  );
});

asyncTest("runProcess() says that arguments are a list when they come with the command", async () => {
  await assertRejects(
    () => runProcess("ls -l /"),
    Deno.errors.NotFound,
    'there is no such program. Arguments are a list: "ls", ["-l", "/"]',
  );
});

asyncTest("runProcess() names a folder that is not there", async () => {
  await assertRejects(
    () => runProcess("ls", [], { cwd: "/no/such/folder" }),
    Deno.errors.NotFound,
    'no such folder: current value of cwd is "/no/such/folder"',
  );
});

asyncTest("runProcess() names a folder that is none", async () => {
  await assertRejects(
    () => runProcess("ls", [], { cwd: "/dev/null" }),
    Deno.errors.NotFound,
    'Cannot start "ls" as that is no folder: current value of cwd is "/dev/null"',
  );
});

asyncTest("runProcess() hands arguments to the program as they are", async () => {
  const args = ["$HOME", "`id`", "; id", "a b", "*", '"', "'", "\\", "\n", "", "é"];
  const { stdout } = await runProcess("printf", ["<%s>", ...args]);
  assertEquals(stdout, args.map((arg) => `<${arg}>`).join(""));
});

asyncTest("runProcess() starts a program whose path has a space in it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "a b " });
  try {
    await Deno.writeTextFile(`${folder}/my program`, '#!/bin/sh\necho "$1"\n', { mode: 0o755 });
    assertEquals((await runProcess(`${folder}/my program`, ["x y"])).stdout, "x y\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

asyncTest("runProcess() starts in the folder, and with the variables, that it is given", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const env = { GREETING: "hello" };
  const { stdout } = await runProcess("/bin/sh", ["-c", "pwd; echo $GREETING; echo ${HOME:-none}"], {
    cwd: folder,
    env,
    clearEnv: true,
  });
  await Deno.remove(folder);
  assertEquals(stdout, `${folder}\nhello\nnone\n`);
});
