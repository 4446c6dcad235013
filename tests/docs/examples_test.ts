// Whoever looks a symbol up finds a program that uses it, and that program is a test.
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { runDeno } from "../program.ts";
import { ROOT } from "./programs.ts";

/** What `deno doc --json` prints, as far as it is used here. */
interface Documentation {
  nodes: Record<string, { symbols: DocumentedSymbol[] }>;
}

interface DocumentedSymbol {
  name: string;
  declarations: { kind: string; jsDoc?: { tags?: { kind: string; doc?: string }[] } }[];
}

/** What can be called or made: the rest is explained by those who take it or give it. */
const USED = ["function", "class", "variable"];

for (const [name, path] of Object.entries(config.exports)) {
  Deno.test(`every function and class of "${name}" has an example that asserts`, async () => {
    const { stdout } = await runDeno(["doc", "--json", path], { cwd: ROOT });
    const { nodes }: Documentation = JSON.parse(stdout);
    const symbols = Object.values(nodes).flatMap(({ symbols }) => symbols);
    const without = symbols.filter(({ declarations }) => declarations.some(({ kind }) => USED.includes(kind)))
      .filter(({ declarations }) => {
        const tags = declarations.flatMap(({ jsDoc }) => jsDoc?.tags ?? []);
        return !tags.some(({ kind, doc }) => kind === "example" && /\bassert/.test(doc ?? ""));
      });
    assertEquals(without.map(({ name }) => name), []);
  });
}
