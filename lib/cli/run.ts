import type { Action } from "./command.ts";
import { EXAMPLES } from "./examples.ts";

/** Run a small program. */
export const run: Action<string, Record<never, never>> = async (_output, [name]) => {
  const example = EXAMPLES.find((example) => example.name === name)!;
  const { main } = await example.load();
  await main();
  return true;
};
