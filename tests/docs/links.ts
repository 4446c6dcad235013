import { blocksOf } from "./programs.ts";

/** A text without its fenced blocks and code spans, where brackets mean something else. */
function prose(file: string, text: string): string {
  for (const { code } of blocksOf(file, text)) text = text.replace(code, "");
  return text.replace(/`[^`\n]*`/g, "`code`");
}

/** The targets of those links of a page that stay inside of the repository. */
export function localLinks(file: string, text: string): string[] {
  const targets = [...prose(file, text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}
