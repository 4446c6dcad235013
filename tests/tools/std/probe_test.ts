import { assertEquals } from "@std/assert";
import { isReachable, probe } from "../../../tools/std/probe.ts";

const META = { scope: "std", name: "assert", latest: "1.0.0", versions: { "1.0.0": {} } };

/** Serve one answer on the loopback, and hand its address and the number of requests so far to `use`. */
async function withServer(
  answer: (request: Request) => Response | Promise<Response>,
  use: (address: string, requests: () => number) => Promise<void>,
): Promise<void> {
  let requests = 0;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    requests++;
    return answer(request);
  });
  await use(`http://127.0.0.1:${server.addr.port}/`, () => requests);
}

Deno.test("probe() finds a registry that answers with a list of versions", async () => {
  await withServer(() => Response.json(META), async (address) => assertEquals(await probe(address), true));
});

Deno.test("probe() finds no registry in another answer", async () => {
  const answers = [
    () => new Response("<title>Sign in</title>", { headers: { "content-type": "text/html" } }),
    () => Response.json({ error: "not here" }),
    () => Response.json(null),
    () => Response.json(META, { status: 503 }),
  ];
  for (const answer of answers) {
    await withServer(answer, async (address) => assertEquals(await probe(address), false));
  }
});

Deno.test("probe() finds no registry where nobody listens", async () => {
  assertEquals(await probe("http://127.0.0.1:1/"), false);
});

Deno.test("probe() loses patience", async () => {
  const late = Promise.withResolvers<Response>();
  await withServer(() => late.promise, async (address) => {
    assertEquals(await probe(address, 20), false);
    late.resolve(Response.json(META));
  });
});

Deno.test("isReachable() asks once, and believes the answer for less than an hour", async () => {
  const folder = await Deno.makeTempDir();
  const file = new URL(`file://${folder}/deep/probe.json`);
  try {
    await withServer(() => Response.json(META), async (address, requests) => {
      assertEquals([await isReachable(address, file), await isReachable(address, file), requests()], [true, true, 1]);

      for (const [minutes, reachable, asked] of [[40, false, 0], [60, true, 1], [-5, true, 1]] as const) {
        const before = requests();
        await Deno.writeTextFile(file, JSON.stringify({ reachable: false, at: Date.now() - minutes * 60_000 }));
        assertEquals([await isReachable(address, file), requests() - before], [reachable, asked], `${minutes} min`);
      }
      await Deno.writeTextFile(file, "{ half a");
      assertEquals(await isReachable(address, file), true);
      assertEquals([...Deno.readDirSync(`${folder}/deep`)].map(({ name }) => name), ["probe.json"]);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
