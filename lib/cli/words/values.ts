import { UsageError } from "./usage_error.ts";

/** A kind of value that an option or operand takes. */
export interface ValueType<T> {
  /** Stands for the value in help. */
  readonly placeholder: string;
  /** What a value has to be, to follow "it must be". */
  readonly expects: string;
  /** The only values there are, when they can be listed. */
  readonly choices?: readonly string[];
  /** What it is the path of, when it is one; for completions. */
  readonly path?: "file" | "folder";
  /** The value, or `undefined` when `text` is none. */
  parse(text: string): T | undefined;
}

/** A delay, in milliseconds. */
export const milliseconds: ValueType<number> = {
  placeholder: "MS",
  expects: "a number of milliseconds from 0",
  parse(text) {
    const ms = toNumber(text);
    return ms >= 0 && ms < Infinity ? ms : undefined;
  },
};

/** A whole number within limits. */
export function count(min: number, max: number): ValueType<number> {
  return {
    placeholder: "N",
    expects: `a whole number from ${min} to ${max}`,
    parse(text) {
      const n = toNumber(text);
      return Number.isInteger(n) && n >= min && n <= max ? n : undefined;
    },
  };
}

/** Factors of the letters behind a number of bytes, as other download tools have them. */
const FACTORS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** A number of bytes, with or without a letter for thousands, millions and so on. */
export const bytes: ValueType<number> = {
  placeholder: "BYTES",
  expects: "a number of bytes from 1, such as 500k, 20M or 1.5G",
  parse(text) {
    const [, number, letter] = text.match(/^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i) ?? [];
    if (number === undefined) return undefined;
    const count = Math.floor(Number(number) * (FACTORS[letter!.toLowerCase()] ?? 1));
    return count >= 1 && Number.isSafeInteger(count) ? count : undefined;
  },
};

/** Any text but an empty one. */
export function text(placeholder: string, expects: string): ValueType<string> {
  return { placeholder, expects, parse: (text) => text === "" ? undefined : text };
}

/** The path of a file. */
export const file: ValueType<string> = { ...text("FILE", "the path of a file"), path: "file" };

/** The path of a folder. */
export const folder: ValueType<string> = { ...text("FOLDER", "the path of a folder"), path: "folder" };

/** One of a few words. */
export function oneOf<const T extends string>(placeholder: string, choices: readonly T[]): ValueType<T> {
  const expects = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  return { placeholder, expects, choices, parse: (text) => choices.find((choice) => choice === text) };
}

/** Read one value; `name` is the option or operand as it is written. */
export function readValue<T>(type: ValueType<T>, name: string, text: string): T {
  const value = type.parse(text);
  if (value !== undefined) return value;
  const current = Number.isNaN(toNumber(text)) ? JSON.stringify(text) : text;
  throw new UsageError(`Cannot use ${name} as it must be ${type.expects}: current value is ${current}`);
}

/** Like `Number`, which takes nothing at all for zero. */
function toNumber(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}
