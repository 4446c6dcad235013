import type { Output } from "../show/output.ts";
import { UsageError } from "./usage_error.ts";
import type { ValueType } from "./values.ts";

/** An option; one without a type of value is a flag, on or off. */
export interface Option<T = unknown> {
  readonly summary: string;
  /** One letter. */
  readonly short?: string;
  readonly value?: ValueType<T>;
  /** What it is when it is not given. */
  readonly default?: T;
  /** Whether it may be given several times: its values come as an array. */
  readonly many?: true;
}

/** Options by their names. */
export type Options = Readonly<Record<string, Option>>;

/** What a command gets for its options. */
export type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { value: ValueType<infer T> }
    ? O[K] extends { many: true } ? T[] : O[K] extends { default: unknown } ? T : T | undefined
    : boolean;
};

/** The words of a command that belong to no option. */
export interface Operands<T> {
  readonly value: ValueType<T>;
  /** What one of them is, in a word for messages. */
  readonly noun: string;
  readonly summary: string;
  /** Where to find out what there is. */
  readonly hint?: string;
  readonly atLeast?: number;
  /**
   * @default Infinity
   */
  readonly atMost?: number;
}

/** A small program that shows one concept. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  /** Import its code: see {@linkcode later}. */
  load(): Promise<{ main(): Promise<void> }>;
}

/** Do what a command is for, and tell whether all went well. */
export type Action<T, V> = (output: Output, operands: T[], options: V) => boolean | Promise<boolean>;

/** One command: all that parsing, help and completion have to know, and how to get at what it does. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly operands?: Operands<unknown>;
  readonly options: Options;
  readonly examples: readonly string[];
  /** Import its code, which help and version can do without: see {@linkcode later}. */
  load(): Promise<Action<unknown, Record<string, unknown>>>;
}

/** A command whose types are known. */
export interface TypedCommand<T, O extends Options> extends Omit<Command, "operands" | "options" | "load"> {
  readonly operands?: Operands<T>;
  readonly options: O;
  load(): Promise<Action<T, Values<O>>>;
}

/** Check that the action of a command takes what its options and operands give, and forget the types. */
export function command<T, const O extends Options>(command: TypedCommand<T, O>): Command {
  return command as unknown as Command;
}

/**
 * Import a module of this package when it is needed.
 *
 * What a literal `import()` names, and all that this imports, is read when a program starts, needed or not: that took two
 * thirds of the time of `asyncio --help`. An address that is computed is not followed. From a registry that takes no
 * permission, and in a clone that to read. The type names the module, too: by it, `deno install` brings all code along.
 *
 * @typeParam M The type of the module, as in `typeof import("./x.ts")`.
 * @param url Its address, as in `import.meta.resolve("./x.ts")`.
 */
export async function later<M>(url: string): Promise<M> {
  try {
    return await import(url);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.startsWith("Requires ")) throw error;
    throw new UsageError(message, "In a clone, asyncio has to read its own files");
  }
}
