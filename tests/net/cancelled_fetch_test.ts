// Takes a second: a thousand real requests.
import { assert, assertEquals } from "@std/assert";
import { createTask, fetch, sleep } from "../../mod.ts";
import { Random } from "../../lib/testing/random.ts";
import { OddServer } from "./odd_server.ts";

const SEED = Number(Deno.env.get("FETCH_SEED") ?? Date.now() % 1e6);
const PATHS = ["/text", "/json", "/chunks", "/stall", "/hang", "/away", "/empty"];
const COUNT = 1_000;
const AT_ONCE = 50;

/** How many sockets this process has open; 0 where that cannot be seen. */
function sockets(): number {
  if (Deno.build.os !== "linux") return 0;
  const names = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => name);
  return names.filter((name) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith("socket:");
    } catch {
      // The one that the folder was read with.
      return false;
    }
  }).length;
}

Deno.test(`fetch() leaves no socket when it is cancelled at any moment (FETCH_SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  const client = Deno.createHttpClient({});
  const before = sockets();
  const ends = new Map<string, number>();
  {
    await using server = new OddServer();
    for (let done = 0; done < COUNT; done += AT_ONCE) {
      const tasks = Array.from({ length: AT_ONCE }, () => {
        const path = PATHS[random.below(PATHS.length)]!;
        const turns = random.below(30);
        const [streams, reads] = [random.below(2) === 0, random.below(3) > 0];
        const task = createTask(async () => {
          const response = await fetch(server.url(path), { client });
          if (!reads) return response.status;
          if (!streams || response.body === null) return await response.text();
          let size = 0;
          for await (const chunk of response.body) size += chunk.length;
          return size;
        });
        return createTask(async () => {
          for (let i = 0; i < turns; i++) await sleep(0);
          task.cancel();
          await task.settled();
          ends.set(task.state, (ends.get(task.state) ?? 0) + 1);
        });
      });
      for (const task of tasks) await task;
    }
    // Those that the client keeps to use again.
    client.close();
  }
  for (let i = 0; sockets() > before && i < 1_000; i++) await sleep(1);
  assertEquals(sockets(), before);
  assertEquals([...ends.keys()].filter((state) => state !== "done" && state !== "cancelled"), []);
  assert(ends.get("done")! > 0 && ends.get("cancelled")! > 0);
});
