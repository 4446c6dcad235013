import { inspectBriefly } from "../../core/checks.ts";
import type { Code } from "../wire/protocol.ts";

/** A function as it can be sent to a worker. The id is the same in all of them, and the code travels once to each. */
export interface FunctionSource {
  readonly id: number;
  readonly code: Code;
  readonly name: string;
}

let lastId = 0;

/** Of something that is no function: it is never sent. */
export const NO_SOURCE: FunctionSource = { id: 0, code: ["source", "", ""], name: "" };

const byFunction = new WeakMap<object, FunctionSource>();
/** Functions made again and again of the same text are one to a worker. The latest ones: texts may be made without end. */
const byText = new Map<string, FunctionSource>();
const MOST_TEXTS = 1_000;

/**
 * The source of `fn`, in a form that is an expression.
 *
 * @throws {TypeError} When it cannot be sent: the message says why, and what to do.
 */
export function sourceOf(fn: unknown, verb = "run in a worker"): FunctionSource {
  if (typeof fn !== "function") {
    throw new TypeError(`Cannot ${verb} as a function is needed: current value is ${inspectBriefly(fn)}`);
  }
  let source = byFunction.get(fn);
  if (source === undefined) {
    const text = expressionOf(fn, verb);
    source = sharedSource(`source ${fn.name} ${text}`, ["source", text, fn.name]);
    byFunction.set(fn, source);
  }
  return source;
}

/** Have `fn` stand for another function wherever a function to send is asked for. */
export function standFor(fn: object, source: FunctionSource): void {
  byFunction.set(fn, source);
}

/** The function that the module at `url` exports as `name`. */
export function exportOf(url: string, name: string): FunctionSource {
  return sharedSource(`module ${name} ${url}`, ["module", url, name]);
}

function sharedSource(key: string, code: Code): FunctionSource {
  let source = byText.get(key);
  if (source === undefined) {
    byText.set(key, source = { id: ++lastId, code, name: code[2] });
    if (byText.size > MOST_TEXTS) byText.delete(byText.keys().next().value!);
  }
  return source;
}

/** A name for messages. */
function label(fn: { name: string }): string {
  return fn.name === "" ? "the function" : `function ${fn.name}`;
}

// deno-lint-ignore ban-types -- any function, of which only the text matters.
function expressionOf(fn: Function, verb: string): string {
  // Not by its own `toString`, which may have been replaced.
  const text = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw new TypeError(
      `Cannot ${verb} as ${label(fn)} is bound or built in, and has no source: wrap it, as (...args) => fn(...args), ` +
        `with all it needs in the arguments`,
    );
  }
  if (parses(`(${text})`)) {
    if (!/^class\b/.test(text)) return `(${text})`;
    throw new TypeError(`Cannot ${verb} as a function is needed: current value is class ${fn.name || "(unnamed)"}`);
  }
  // A method: inside an object it is at home.
  const method = `Object.values({ ${text} })[0]`;
  if (/^(get|set)\s+[^(]/.test(text) || usesSuper(text) || !parses(`(${method})`)) {
    throw new TypeError(
      `Cannot ${verb} as the source of ${
        label(fn)
      } cannot stand alone (an accessor, a private or computed method, or ` +
        `code that uses super or import.meta): write it as a function declaration or an arrow function`,
    );
  }
  return method;
}

/** Whether a method says `super` in its code: with a number before it that parses no more, in text it does. */
function usesSuper(text: string): boolean {
  const marked = text.replace(/(?<![.\w$])super\b/g, "0 super");
  return marked !== text && !parses(`({ ${marked} })`);
}

function parses(expression: string): boolean {
  try {
    // Compiled, never run: modules are strict, so this is, too.
    new Function(`"use strict"; return ${expression};`);
    return true;
  } catch {
    return false;
  }
}
