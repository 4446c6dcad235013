import type { Module } from "./modules.ts";

/**
 * The declarations for a module: our own where they are written, otherwise one in which every export is `any`.
 *
 * Without one TypeScript would infer types from the JavaScript, take every parameter for required, and report errors
 * that the real package does not have.
 */
export async function declare(module: Module, types: URL): Promise<string> {
  try {
    return await Deno.readTextFile(new URL(module.path.replace(/\.js$/, ".d.ts"), types));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return untyped(module.code);
  }
}

/** Declare every export of a module as `any`, and pass re-exports on with the types that they have. */
export function untyped(code: string): string {
  const lines: string[] = ["export {};"];
  for (const [, name] of code.matchAll(/^export (?:async )?(?:function\*?|const|let|var) ([\w$]+)/gm)) {
    lines.push(`export declare const ${name}: any;`);
  }
  for (const [, name] of code.matchAll(/^export class ([\w$]+)/gm)) {
    lines.push(`export declare const ${name}: any;`, `export type ${name} = any;`);
  }
  for (const [line] of code.matchAll(/^export (?:\*|\{[^}]*\})(?: as [\w$]+)? from "[^"]+";/gm)) lines.push(line);
  return `${lines.join("\n")}\n`;
}
