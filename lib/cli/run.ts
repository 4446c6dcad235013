import { EXAMPLES } from "./examples.ts";
import type { Output } from "./output.ts";

/** Run a small program. */
export async function run(_output: Output, [name]: string[]): Promise<boolean> {
  const example = EXAMPLES.find((example) => example.name === name)!;
  const { main } = await example.load();
  await main();
  return true;
}
