import { glossary } from "../../text/layout.ts";
import type { Output } from "../show/output.ts";
import type { Program, Values } from "../words/command.ts";
import type { RESULT_OPTIONS } from "../words/options.ts";

/** Run one of the small programs. */
export async function run(programs: readonly Program[], name: string): Promise<boolean> {
  const program = programs.find((program) => program.name === name)!;
  const { main } = await program.load();
  await main();
  return true;
}

/** List the small programs. */
export function list(programs: readonly Program[], output: Output, { json }: Values<typeof RESULT_OPTIONS>): boolean {
  if (json) output.printJson(programs.map(({ name, summary }) => ({ name, summary })));
  else {
    const { paint, width } = output.out;
    const entries = programs.map(({ name, summary }) => [paint.code(name), summary] as const);
    for (const line of glossary(entries, width)) output.print(line);
    output.say("asyncio run NAME runs one");
  }
  return true;
}
