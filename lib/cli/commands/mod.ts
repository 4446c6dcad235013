import { type Command, command, later, type Program } from "../words/command.ts";
import { DOWNLOAD_OPTIONS } from "./download_options.ts";
import { MIXED_OPTIONS, RESULT_OPTIONS, SIMULATION_OPTIONS } from "../words/options.ts";
import { milliseconds, oneOf, text } from "../words/values.ts";

/**
 * The command line: help, parsing and completion are made from this table.
 *
 * @param programs The small programs, for those commands that are about them.
 */
export function commandsWith(programs: readonly Program[]): readonly Command[] {
  const commands: readonly Command[] = [
    command({
      name: "demo",
      summary: "Run the four exercises, and sum up what they show",
      options: RESULT_OPTIONS,
      examples: ["asyncio demo", "asyncio demo --json --quiet"],
      load: async () => (await later<typeof import("./demo.ts")>(import.meta.resolve("./demo.ts"))).demo,
    }),
    command({
      name: "delays",
      summary: "Simulate three API calls, one by one and all at once",
      operands: {
        value: milliseconds,
        noun: "delay",
        atMost: 3,
        summary: "How long each call takes; 1000 2000 3000 if not given",
      },
      options: SIMULATION_OPTIONS,
      examples: ["asyncio delays", "asyncio delays 300 100 200", "asyncio delays 3600000 7200000 10800000 --virtual"],
      load: async () => (await later<typeof import("./delays.ts")>(import.meta.resolve("./delays.ts"))).delays,
    }),
    command({
      name: "download",
      summary: "Download several files at once, checked and never half",
      operands: {
        value: text("URL", "the address of a file"),
        noun: "URL",
        summary: "What to download",
      },
      options: DOWNLOAD_OPTIONS,
      examples: [
        "asyncio download -d books https://example.com/a.pdf https://example.com/b.pdf",
        "asyncio download --input list.txt --jobs 4 --limit-rate 2M",
        "asyncio download -o a.zip --checksum sha256:9f86d0… https://example.com/v2.zip",
        "asyncio download --samples",
      ],
      load: async () => (await later<typeof import("./download.ts")>(import.meta.resolve("./download.ts"))).download,
    }),
    command({
      name: "mixed",
      summary: "Count primes and fetch data, in a worker and on the main thread",
      options: MIXED_OPTIONS,
      examples: ["asyncio mixed", "asyncio mixed --limit 5000000 --requests 20"],
      load: async () => (await later<typeof import("./mixed.ts")>(import.meta.resolve("./mixed.ts"))).mixed,
    }),
    command({
      name: "errors",
      summary: "Let one of three tasks fail, and see what becomes of the others",
      options: SIMULATION_OPTIONS,
      examples: ["asyncio errors", "asyncio errors --virtual"],
      load: async () => (await later<typeof import("./errors.ts")>(import.meta.resolve("./errors.ts"))).errors,
    }),
    command({
      name: "run",
      summary: "Run a small program that shows one concept",
      operands: {
        value: oneOf("NAME", programs.map(({ name }) => name)),
        noun: "program",
        atLeast: 1,
        atMost: 1,
        summary: "Which one",
        hint: "asyncio list shows all programs",
      },
      options: {},
      examples: ["asyncio run gather_vs_await"],
      load: async () => {
        const { run } = await later<typeof import("./programs.ts")>(import.meta.resolve("./programs.ts"));
        return (_output, [name]) => run(programs, name!);
      },
    }),
    command({
      name: "list",
      summary: "List the small programs",
      options: RESULT_OPTIONS,
      examples: ["asyncio list"],
      load: async () => {
        const { list } = await later<typeof import("./programs.ts")>(import.meta.resolve("./programs.ts"));
        return (output, _operands, options) => list(programs, output, options);
      },
    }),
    command({
      name: "completions",
      summary: "Print what makes a shell complete the words of this command",
      operands: {
        value: oneOf("SHELL", ["bash", "zsh", "fish"]),
        noun: "shell",
        atLeast: 1,
        atMost: 1,
        summary: "Which one: bash, zsh or fish",
        hint: "asyncio completions --help shows where to put them",
      },
      options: {},
      examples: [
        "source <(asyncio completions bash)",
        "asyncio completions bash > ~/.local/share/bash-completion/completions/asyncio",
        "asyncio completions zsh > ~/.zfunc/_asyncio",
        "asyncio completions fish > ~/.config/fish/completions/asyncio.fish",
      ],
      load: async () => {
        const { completions } = await later<typeof import("../completions/mod.ts")>(
          import.meta.resolve("../completions/mod.ts"),
        );
        return (output, [shell]) => completions(output, shell!, commands);
      },
    }),
  ];
  return commands;
}
