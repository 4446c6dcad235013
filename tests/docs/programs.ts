// The programs in the Markdown files, and what they say that they print.

/** The root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** A fenced block of a Markdown file. */
export interface Block {
  readonly file: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  /** What stands after the opening fence: a language, and possibly more. */
  readonly info: string;
  readonly code: string;
}

/** The Markdown files of the repository, relative to its root. */
export async function markdownFiles(): Promise<string[]> {
  const files: string[] = [];
  for (const folder of ["", "docs/"]) {
    for await (const { name } of Deno.readDir(new URL(folder, ROOT))) {
      if (name.endsWith(".md")) files.push(folder + name);
    }
  }
  return files.sort();
}

/** The fenced blocks of a Markdown text. */
export function blocksOf(file: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string; code: string[] } | null = null;
  for (const [at, line] of text.split("\n").entries()) {
    if (open === null) {
      if (line.startsWith("```")) open = { line: at + 2, info: line.slice(3), code: [] };
    } else if (line === "```") {
      blocks.push({ file, line: open.line, info: open.info, code: `${open.code.join("\n")}\n` });
      open = null;
    } else open.code.push(line);
  }
  return blocks;
}

/**
 * What a program says that it prints: the comment after "Output:" that ends it, or else the comments behind or below each
 * call of `console.log`. `undefined` for a call that says nothing.
 */
export function statedOutput(code: string): (string | undefined)[] {
  const [, comment] = code.match(/^\/\/ Output:\n((?:\/\/.*\n)+)$/m) ?? [];
  if (comment !== undefined) return comment.split("\n").slice(0, -1).map((line) => line.replace(/^\/\/ ?/, ""));
  const lines = code.split("\n");
  return lines.flatMap((line, at) => {
    if (!/^[^/]*\bconsole\.log\(/.test(line)) return [];
    const [, behind] = line.match(/\); \/\/ (.*)$/) ?? [];
    if (behind !== undefined) return [behind];
    const below = lines.slice(at + 1);
    const end = below.findIndex((line) => !/^ *\/\/ /.test(line));
    return end > 0 ? below.slice(0, end).map((line) => line.replace(/^ *\/\/ /, "")) : [undefined];
  });
}

/** Whether a line is as stated; `…` stands for anything. */
export function fits(line: string, stated: string): boolean {
  return new RegExp(`^${stated.split("…").map((part) => RegExp.escape(part)).join(".*")}$`).test(line);
}

/** Run a program as a module of its own, and collect what it prints. */
export async function printedBy(code: string): Promise<string[]> {
  const printed: string[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => {
    const text = values.map((value) => typeof value === "string" ? value : Deno.inspect(value)).join(" ");
    printed.push(...text.split("\n"));
  };
  try {
    // A comment makes each module another one, also where two programs are the same.
    const source = `${code}\n// ${crypto.randomUUID()}`;
    await import(`data:application/typescript,${encodeURIComponent(source)}`);
  } finally {
    console.log = log;
  }
  return printed;
}
