import { isCancellation } from "../errors.ts";
import { run } from "../tasks/run.ts";
import type { Call } from "./parse.ts";
import type { Output } from "./show/output.ts";
import { traceIfAsked, type TracingOptions } from "./tracing.ts";

/**
 * Run a command as the main task of the program, traced if that is asked for.
 *
 * @returns The exit code.
 */
export async function perform({ command, operands, options }: Call, output: Output): Promise<number> {
  const action = await command.load();
  const tracing = await traceIfAsked(options as unknown as TracingOptions, output);
  const code = await run(async () => {
    try {
      return await action(output, operands, options) ? 0 : 1;
    } catch (error) {
      if (isCancellation(error)) output.say("Interrupted");
      const known = explain(error);
      if (known === undefined) throw error;
      output.fail(known);
      return 1;
    }
  });
  return tracing.failed ? 1 : code;
}

/** What system calls do, in words. */
const VERBS: Readonly<Record<string, string>> = {
  mkdir: "make the folder",
  open: "open",
  readfile: "read",
  rename: "rename",
  link: "name",
};

/**
 * Say in one line what went wrong, if it is about the surroundings of the program: files, permissions, the network.
 * `undefined` for everything else: that is a mistake in the program, and its stack trace is wanted.
 */
export function explain(error: unknown): string | undefined {
  if (!(error instanceof Error) || !isOfSystem(error)) return undefined;
  // As in "Not a directory (os error 20): mkdir '/etc/hosts/books'".
  const [, reason, verb, value] = error.message.match(/^(.+) \(os error \d+\): (\w+) '(.*)'$/) ?? [];
  return reason === undefined ? error.message : `Cannot ${VERBS[verb!] ?? verb} ${JSON.stringify(value)}: ${reason}`;
}

function isOfSystem(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
