import type { Values } from "./command.ts";
import { EXAMPLES } from "./examples.ts";
import { glossary } from "../text/layout.ts";
import type { RESULT_OPTIONS } from "./options.ts";
import type { Output } from "./output.ts";

/** List the small programs. */
export function list(output: Output, _operands: never[], { json }: Values<typeof RESULT_OPTIONS>): boolean {
  if (json) output.printJson(EXAMPLES.map(({ name, summary }) => ({ name, summary })));
  else {
    const { paint, width } = output.out;
    const entries = EXAMPLES.map(({ name, summary }) => [paint.code(name), summary] as const);
    for (const line of glossary(entries, width)) output.print(line);
    output.say("asyncio run NAME runs one");
  }
  return true;
}
