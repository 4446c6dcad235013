// A program of a server, clients, processes and a watcher, ended by Ctrl-C at any moment: nothing may be left of it. Each round
// takes a second or two; a round more with each of OUTWARD_ROUNDS.
import { assert, assertEquals } from "@std/assert";
import { sleep } from "../mod.ts";
import { isLinux, livingWith, marked, newMark } from "./process/living.ts";
import { startDeno } from "./program.ts";

const ROUNDS = Number(Deno.env.get("OUTWARD_ROUNDS") ?? 4);
const PROGRAM = new URL("./stress/outward.ts", import.meta.url).pathname;

/** How long it may take to end: what drains, and the grace of what does not listen, on a machine that is busy. */
const LONGEST = 10_000;

for (let round = 0; round < ROUNDS; round++) {
  const delay = Math.floor(Math.random() * 1_500);
  const when = `${delay} ms after its start`;
  Deno.test({
    name: `a server, clients, processes and a watcher end with Ctrl-C at any moment (round ${round + 1})`,
    ignore: !isLinux,
    fn: async () => {
      const mark = newMark();
      const folder = await Deno.makeTempDir();
      try {
        await using program = startDeno(["run", "-A", PROGRAM, folder], { env: marked(mark) });
        await program.printed("listens on");
        await sleep(delay);
        const start = performance.now();
        program.kill("SIGINT");
        const { code, stdout, stderr } = await program.ended();
        assertEquals(code, 130, when);
        assert(!stderr.includes("superseded"), `${when}: ${stderr}`);
        assert(performance.now() - start < LONGEST, when);
        assertEquals(livingWith(mark), [], when);
        const [, port] = stdout.match(/:(\d+)\//)!;
        await assertRefused(Number(port));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

async function assertRefused(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch((error) => error);
  assert(connection instanceof Deno.errors.ConnectionRefused, String(connection));
}
