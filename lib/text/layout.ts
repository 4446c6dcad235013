import { unicodeWidth } from "@std/cli/unicode-width";

/** Letters of one column each, which most texts are made of: seen at a glance. */
const PLAIN = /^[ -~]*$/;

// Not `stripAnsiCode` of `@std/fmt/colors`: help is there a millisecond sooner without that module.
// deno-lint-ignore no-control-regex
const COLOR = /\x1b\[[\d;]*m/g;

/** Count the columns that a text takes, colours and all. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : unicodeWidth(text.replace(COLOR, ""));
}

/** Fill a text up to `width` columns, on the right or on the left. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + space : space + text;
}

/** Shorten a text without colours to `width` columns; what is cut shows as an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const char of text) {
    if (widthOf(kept + char) > width - 1) break;
    kept += char;
  }
  return width > 0 ? `${kept}…` : "";
}

/** Cut or fill a text without colours to exactly `width` columns. */
export function fit(text: string, width: number): string {
  return pad(cut(text, width), width);
}

/** Break a text between words into lines of at most `width` columns, indented alike; a longer word has its own line. */
export function wrap(text: string, width: number): string[] {
  const [indent] = text.match(/^ */)!;
  const lines: string[] = [];
  let line = "";
  let taken = 0;
  for (const word of text.trimStart().split(" ")) {
    const columns = widthOf(word);
    if (line !== "" && taken + 1 + columns > width) {
      lines.push(indent + line);
      line = "";
    }
    taken = line === "" ? indent!.length + columns : taken + 1 + columns;
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}

/** Set terms beside their explanations, which are broken to fit. */
export function glossary(entries: readonly (readonly [string, string])[], width: number): string[] {
  const indent = 2;
  const column = Math.max(...entries.map(([term]) => widthOf(term))) + indent + 2;
  const room = Math.max(20, width - column);
  return entries.flatMap(([term, explanation]) =>
    wrap(explanation, room).map((line, i) => pad(i === 0 ? " ".repeat(indent) + term : "", column) + line)
  );
}

/** Set rows in columns: the first to the left, the others as `align` says. */
export function table(rows: readonly (readonly string[])[], align: readonly ("left" | "right")[]): string[] {
  const widths = align.map((_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ""))));
  return rows.map((row) => row.map((cell, i) => pad(cell, widths[i]!, align[i])).join("  ").trimEnd());
}
