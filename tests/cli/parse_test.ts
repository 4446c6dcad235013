import { assertEquals, assertThrows } from "@std/assert";
import { COMMANDS } from "./commands.ts";
import { readCall, sortWords } from "../../lib/cli/parse.ts";
import { UsageError } from "../../lib/cli/words/usage_error.ts";

function read(...args: string[]) {
  const { command, operands, options } = readCall(sortWords(args, COMMANDS), COMMANDS);
  return { name: command.name, operands, options };
}

const GLOBAL = {
  quiet: false,
  color: "auto",
  trace: undefined,
  timeline: false,
  help: false,
  version: false,
};

Deno.test("readCall() gives each option its default", () => {
  assertEquals(read("mixed"), {
    name: "mixed",
    operands: [],
    options: { limit: 2_000_000, requests: 10, json: false, ...GLOBAL },
  });
});

Deno.test("readCall() takes options before and after the command", () => {
  const expected = {
    name: "delays",
    operands: [1, 2.5],
    options: { ...GLOBAL, json: true, quiet: true, color: "never", virtual: false },
  };
  assertEquals(read("--json", "-q", "--color", "never", "delays", "1", "2.5"), expected);
  assertEquals(read("delays", "1", "2.5", "--json", "-q", "--color=never"), expected);
  assertEquals(read("-q", "delays", "1", "--color=never", "2.5", "--json"), expected);
});

Deno.test("readCall() takes the value of an option after a space and after an equals sign", () => {
  assertEquals(read("mixed", "--limit", "7").options.limit, 7);
  assertEquals(read("mixed", "--limit=7").options.limit, 7);
  assertEquals(read("download", "-d", "books").options.dir, "books");
});

Deno.test("readCall() takes everything after -- for operands", () => {
  assertEquals(read("download", "--", "--json").operands, ["--json"]);
});

Deno.test("readCall() leaves operands that look like numbers as they are where texts are wanted", () => {
  assertEquals(read("download", "007", "-5").operands, ["007", "-5"]);
  assertEquals(read("download", "--dir", "-5").options.dir, "-5");
});

const MISTAKES: [args: string[], message: string, hint?: string][] = [
  [[], "A command is missing", "asyncio --help lists the commands"],
  [["dem"], 'There is no command "dem"', "Did you mean asyncio demo?"],
  [["donwload"], 'There is no command "donwload"', "Did you mean asyncio download?"],
  [["frobnicate"], 'There is no command "frobnicate"', "asyncio --help lists the commands"],
  [["toString"], 'There is no command "toString"', "asyncio --help lists the commands"],
  [["demo", "--jsno"], "There is no option --jsno", "Did you mean --json?"],
  [["demo", "--no-json"], "There is no option --no-json", "asyncio --help lists the options"],
  [["demo", "-x"], "There is no option -x", "asyncio --help lists the options"],
  [["run", "event_loop", "--json"], "asyncio run knows no option --json", "asyncio run --help lists its options"],
  [["demo", "--json=yes"], 'Cannot use --json as it takes no value: current value is "yes"'],
  [["demo", "--color", "blue"], 'Cannot use --color as it must be auto, always or never: current value is "blue"'],
  [["demo", "5"], "asyncio demo takes options only: current value is 5"],
  [["delays", "1", "2", "3", "4"], "asyncio delays takes at most 3 delays: current value is 1 2 3 4"],
  [["run"], "asyncio run needs a program", "asyncio list shows all programs"],
  [["run", "event_lop"], 'There is no program "event_lop"', "Did you mean asyncio run event_loop?"],
  [["run", "zebra"], 'There is no program "zebra"', "asyncio list shows all programs"],
  [["download", ""], 'Cannot use the URL as it must be the address of a file: current value is ""'],
  [["download", "--dir"], 'Cannot use --dir as it must be the path of a folder: current value is ""'],
];

for (const text of ["-5", "-.5", "NaN", "Infinity", "-Infinity", "1e999", "abc", "1,5", ""]) {
  const current = Number.isNaN(Number(text)) || text === "" ? JSON.stringify(text) : text;
  MISTAKES.push([
    ["delays", text],
    `Cannot use the delay as it must be a number of milliseconds from 0: current value is ${current}`,
  ]);
}

for (const text of ["1", "-4", "2.5", "100000001", "many", "NaN"]) {
  const current = Number.isNaN(Number(text)) ? JSON.stringify(text) : text;
  MISTAKES.push([
    ["mixed", "--limit", text],
    `Cannot use --limit as it must be a whole number from 2 to 100000000: current value is ${current}`,
  ]);
}

for (const [args, message, hint] of MISTAKES) {
  Deno.test(`readCall() says what is wrong with: asyncio ${args.map((arg) => arg || '""').join(" ")}`, () => {
    const error = assertThrows(() => read(...args), UsageError);
    assertEquals({ message: error.message, hint: error.hint }, { message, hint });
  });
}
