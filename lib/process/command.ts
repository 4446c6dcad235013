/** What is to be run: checked, so that a mistake is named, and handed to the platform as it is. */

import { inspectBriefly } from "../core/checks.ts";
import type { ProcessOptions } from "./options.ts";

/** What becomes of the three streams, in the words of the platform. */
export interface Stdio {
  readonly stdin: "null" | "inherit" | "piped";
  readonly stdout: "null" | "inherit" | "piped";
  readonly stderr: "null" | "inherit" | "piped";
}

/**
 * Check a command and its arguments. Returns them as one list.
 *
 * @throws {TypeError} When one of them is no text that the system could pass on.
 */
export function checkCommand(command: unknown, args: unknown): readonly string[] {
  if (typeof command !== "string" || command === "" || command.includes("\0")) {
    throw new TypeError(
      `Cannot start a process as its command must be a name or a path: current value is ${inspectBriefly(command)}`,
    );
  }
  const list = `Cannot start "${command}" as its arguments must be a list of strings`;
  if (!Array.isArray(args)) throw new TypeError(`${list}: current value is ${inspectBriefly(args)}`);
  for (const [index, arg] of args.entries()) {
    if (typeof arg !== "string") {
      throw new TypeError(`${list}: current value of the one at ${index} is ${inspectBriefly(arg)}`);
    }
    if (arg.includes("\0")) {
      throw new TypeError(
        `Cannot start "${command}" as no argument can have a NUL in it: current value of the one at ${index} is ` +
          inspectBriefly(arg),
      );
    }
  }
  return [command, ...args];
}

/**
 * Start a process in a group of its own, so that it can be ended with all that it starts.
 *
 * @throws {Deno.errors.NotFound} When there is no such program, or no such folder to start it in.
 */
export function launch(
  command: readonly string[],
  { cwd, env, clearEnv }: Pick<ProcessOptions, "cwd" | "env" | "clearEnv">,
  stdio: Stdio,
): Deno.ChildProcess {
  const [program, ...args] = command as readonly [string, ...string[]];
  checkEnvironment(program, env);
  try {
    return new Deno.Command(program, {
      args,
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      ...(clearEnv === undefined ? {} : { clearEnv }),
      ...stdio,
      // There it would open a window.
      detached: Deno.build.os !== "windows",
    }).spawn();
  } catch (error) {
    throw error instanceof Deno.errors.NotFound ? notFound(program, cwd, error) : error;
  }
}

function checkEnvironment(program: string, env: ProcessOptions["env"]): void {
  for (const [name, value] of Object.entries(env ?? {})) {
    if (name === "" || /[=\0]/.test(name)) {
      throw new TypeError(
        `Cannot start "${program}" as it cannot be given such a variable: current value of its name is ` +
          inspectBriefly(name),
      );
    }
    if (typeof value !== "string" || value.includes("\0")) {
      throw new TypeError(
        `Cannot start "${program}" as a variable must be a string without NUL: current value of ${name} is ` +
          inspectBriefly(value),
      );
    }
  }
}

function notFound(program: string, cwd: ProcessOptions["cwd"], cause: Error): Error {
  // The platform says the one and the other with the same error.
  const [, problem] = cause.message.match(/(No such cwd|cwd is not a directory)/) ?? [];
  if (cwd !== undefined && problem !== undefined) {
    const why = problem === "No such cwd" ? "there is no such folder" : "that is no folder";
    return new Deno.errors.NotFound(`Cannot start "${program}" as ${why}: current value of cwd is "${cwd}"`, { cause });
  }
  const [name, ...args] = program.trim().split(/\s+/);
  const hint = args.length === 0
    ? ""
    : `. Arguments are a list: "${name}", [${args.map((arg) => JSON.stringify(arg)).join(", ")}]`;
  return new Deno.errors.NotFound(`Cannot start "${program}" as there is no such program${hint}`, { cause });
}
