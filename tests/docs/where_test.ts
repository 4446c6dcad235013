// The answers of "Where is …?" in CONTRIBUTING.md: the files that they name are there, and have what is said to be in them.
import { assertEquals } from "@std/assert";
import { ROOT } from "./programs.ts";

/** The names in an answer, each with the file that follows it; `""` for a file by itself. */
function claimsOf(answer: string): { name: string; path: string }[] {
  const claims: { name: string; path: string }[] = [];
  let names: string[] = [];
  let folder = "";
  for (const [, word] of answer.matchAll(/`([^`]+)`/g)) {
    if (!word!.endsWith(".ts")) {
      names.push(word!);
      continue;
    }
    // Without a folder it is beside the one before.
    const path = word!.includes("/") ? word! : `${folder}/${word}`;
    folder = path.slice(0, path.lastIndexOf("/"));
    claims.push(...(names.length === 0 ? [""] : names).map((name) => ({ name, path })));
    names = [];
  }
  return claims;
}

/** The rows of the table, by question. */
async function rows(): Promise<[question: string, answer: string][]> {
  const text = await Deno.readTextFile(new URL("CONTRIBUTING.md", ROOT));
  const [, table = ""] = text.match(/^## Where is …\?$(.*?)^## /ms) ?? [];
  const found = [...table.matchAll(/^\| (.*?) +\| (.*?) +\|$/gm)].map(([, question, answer]) =>
    [question!, answer!] as [string, string]
  );
  return found.slice(2);
}

Deno.test("CONTRIBUTING.md says where things are that are there", async () => {
  const wrong: string[] = [];
  for (const [question, answer] of await rows()) {
    const claims = claimsOf(answer);
    if (claims.length === 0) wrong.push(`${question} names no file`);
    for (const { name, path } of claims) {
      const code = await Deno.readTextFile(new URL(path, ROOT)).catch(() => null);
      if (code === null || !code.includes(name)) wrong.push(`${question} ${name} is not in ${path}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("CONTRIBUTING.md answers at least twenty questions", async () => {
  assertEquals((await rows()).length >= 20, true);
});

Deno.test("an answer names files, each with what is in it", () => {
  assertEquals(claimsOf("`a` in `lib/x/y.ts`, for threads; the rest in `z.ts` beside it"), [
    { name: "a", path: "lib/x/y.ts" },
    { name: "", path: "lib/x/z.ts" },
  ]);
  assertEquals(claimsOf("`lib/x.ts`, and `B` in `lib/y.ts`"), [
    { name: "", path: "lib/x.ts" },
    { name: "B", path: "lib/y.ts" },
  ]);
});
