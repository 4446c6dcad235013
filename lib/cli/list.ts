import type { Action } from "./command.ts";
import { EXAMPLES } from "./examples.ts";
import { glossary } from "./layout.ts";
import type { RESULT_OPTIONS } from "./options.ts";

/** List the small programs. */
// deno-lint-ignore require-await
export const list: Action<never, typeof RESULT_OPTIONS> = async (output, _operands, { json }) => {
  if (json) output.printJson(EXAMPLES.map(({ name, summary }) => ({ name, summary })));
  else {
    const { paint, width } = output.out;
    const entries = EXAMPLES.map(({ name, summary }) => [paint.code(name), summary] as const);
    for (const line of glossary(entries, width)) output.print(line);
  }
  return true;
};
