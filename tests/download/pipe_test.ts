// Files that the platform writes by itself: what is told of them, and how they end.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Event } from "../../mod.ts";
import { download, type DownloadEvent } from "../../lib/download/mod.ts";
import { serveFaults } from "./faulty_server.ts";
import { assertBytes, bytesOf, makeFolder } from "./samples.ts";

const PIECE = 100_000;

/** Serve a file whose pieces come one by one, each when the test lets it. */
function servePieces(count: number) {
  const content = bytesOf(count * PIECE);
  const turns = Array.from({ length: count }, () => new Event());
  const server = serveFaults(async (_request, reply) => {
    await reply.head("200 OK", { "content-length": content.length });
    for (const [i, turn] of turns.entries()) {
      await Promise.race([turn.wait(), reply.stall()]);
      if (!reply.signal.aborted) await reply.body(content.subarray(i * PIECE, (i + 1) * PIECE));
    }
  });
  return { content, turns, server };
}

Deno.test("download() tells how far a file has come, also when nothing but the platform knows", async () => {
  const { content, turns, server } = servePieces(3);
  await using _server = server;
  await using folder = await makeFolder();
  const received: number[] = [];
  const onEvent = (event: DownloadEvent) => {
    if (event.type === "start") turns[0]!.set();
    if (event.type !== "progress") return;
    received.push(event.received);
    turns[Math.ceil(event.received / PIECE)]?.set();
  };
  const [result] = await download([`${server.origin}/a`], { dir: folder.path, onEvent });
  assert(result?.status === "complete");
  assert(received.length >= 2);
  assertEquals(received, received.toSorted((a, b) => a - b));
  assertBytes(folder.read("a"), content);
});

Deno.test("download() waits for as long as bytes keep coming", async () => {
  const { content, turns, server } = servePieces(12);
  await using _server = server;
  await using folder = await makeFolder();
  turns[0]!.set();
  const [result] = await download([`${server.origin}/a`], {
    dir: folder.path,
    idleTimeout: 1000,
    // The next piece comes when the one before was told of, which is ten times a second at most.
    onEvent: (event) => event.type === "progress" && turns[Math.ceil(event.received / PIECE)]?.set(),
  });
  assert(result?.status === "complete");
  assertEquals(result.attempts, 1);
  assert(result.ms > 1000);
  assertBytes(folder.read("a"), content);
});

Deno.test("download() rejects with what onEvent throws in the middle of a file that does not go on", async () => {
  const { turns, server } = servePieces(2);
  await using _server = server;
  await using folder = await makeFolder();
  const error = new Error("from the listener");
  turns[0]!.set();
  const failed = download([`${server.origin}/a`], {
    dir: folder.path,
    onEvent(event) {
      if (event.type === "progress") throw error;
    },
  });
  assertEquals(await assertRejects(() => failed), error);
  assertEquals(folder.names(), []);
});
