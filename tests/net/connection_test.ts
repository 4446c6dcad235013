// Connections on the loopback are real here, and so is the clock: what is on its way through the system takes its own time.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  CancelledError,
  createTask,
  Event,
  gather,
  InvalidStateError,
  moveOnAfter,
  shield,
  sleep,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { connect, type Connection, IncompleteReadError, LimitOverrunError } from "../../lib/net/mod.ts";
import { asyncTest, virtualTime } from "../../lib/testing/mod.ts";
import { isLinux, openFiles } from "../process/living.ts";
import { record } from "../trace/recording.ts";
import { all, listening, Peer, resetting, send, text } from "./sockets.ts";

/** A connection, and its other end. */
async function connected(peer: Peer, limit?: number): Promise<[Connection, Deno.Conn]> {
  const connection = await connect({ ...peer.addr, limit });
  return [connection, await peer.accept()];
}

Deno.test("Connection.read() gives what has come, at most `max`, and null at the end", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  await send(other, "hello");
  assertEquals(text(await connection.read(2)), "he");
  assertEquals(text(await connection.read()), "llo");
  const next = connection.read();
  await send(other, "more");
  assertEquals(text(await next), "more");
  other.close();
  assertEquals(await connection.read(), null);
  assertEquals(await connection.read(), null);
});

Deno.test("Connection.readExactly() waits for all of it, and says what had come where that is less", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  assertEquals(await connection.readExactly(0), new Uint8Array(0));
  const five = connection.readExactly(5);
  await send(other, "hel");
  await sleep(1);
  await send(other, "lo, you");
  assertEquals(text(await five), "hello");
  other.close();
  const error = await assertRejects(
    () => connection.readExactly(10),
    IncompleteReadError,
    `Cannot read 10 bytes from ${peer.name} as it has ended: only 5 bytes have come`,
  );
  assertEquals([text(error.partial), error.expected], [", you", 10]);
  assertInstanceOf(error, Deno.errors.UnexpectedEof);
  assertEquals(await connection.read(), null);
});

Deno.test("Connection.readUntil() finds a separator in whatever pieces it comes", async () => {
  const sent = "a\r\nbb\r\r\n\r\nend";
  for (const size of [1, 2, 3, sent.length]) {
    await using server = listening(async (connection) => {
      for (let at = 0; at < sent.length; at += size) {
        await connection.write(sent.slice(at, at + size));
        await sleep(0);
      }
    });
    await using connection = await connect(server.addr);
    assertEquals(text(await connection.readUntil("\r\n")), "a\r\n");
    assertEquals(text(await connection.readUntil("\n")), "bb\r\r\n");
    assertEquals(text(await connection.readUntil(Uint8Array.of(13, 10))), "\r\n");
    const error = await assertRejects(() => connection.readUntil("\r\n"), IncompleteReadError);
    assertEquals([text(error.partial), error.expected], ["end", undefined]);
  }
});

Deno.test("Connection.readLine() gives lines without their ends, the last one also without an end", async () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["\n", [""]],
    ["a\nb\r\n\r\nc", ["a", "b", "", "c"]],
    ["a\rb\n", ["a\rb"]],
    ["\ufeffä€𝄞\n", ["\ufeffä€𝄞"]],
  ];
  for (const [sent, lines] of cases) {
    for (const size of [1, 1_000]) {
      using peer = new Peer();
      const [connection, other] = await connected(peer);
      await using _ = connection;
      const read = Array.fromAsync(connection.lines());
      const bytes = new TextEncoder().encode(sent);
      for (let at = 0; at < bytes.length; at += size) {
        await send(other, bytes.subarray(at, at + size));
        await sleep(0);
      }
      other.close();
      assertEquals(await read, lines);
    }
  }
});

Deno.test("Connection.readLine() takes no more than the limit, and leaves what has come to the next read", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer, 4);
  await using _ = connection;
  await send(other, "1234\n12345\nrest");
  other.close();
  assertEquals(await connection.readLine(), "1234");
  for (const read of [() => connection.readLine(), () => connection.readUntil("\n")]) {
    const error = await assertRejects(read, LimitOverrunError, "longer than the limit: current value is 4");
    assertEquals(error.limit, 4);
  }
  assertEquals(await all(connection), "12345\nrest");
});

Deno.test("Connection.readUntil() gives up at the limit, however much the other side sends", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  const sending = send(other, new Uint8Array(1_000_000)).catch(() => {});
  const error = await assertRejects(() => connection.readUntil("\n\n"), LimitOverrunError);
  assertEquals(error.limit, 65_536);
  connection.close();
  await sending;
});

Deno.test("a read that is given up loses nothing of what comes", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  const controller = new AbortController();
  const reads = [
    () => timeout(1, () => connection.readLine()),
    () => timeout(1, () => connection.read()),
    () => timeout(1, () => connection.readExactly(3)),
    () => timeout(1, () => connection.readUntil("x")),
    () => connection.readLine({ signal: controller.signal }),
  ];
  const given = gather(reads.map((read) => () => assertRejects(read)));
  await sleep(5);
  controller.abort();
  await given;
  await send(other, "ab");
  await assertRejects(() => timeout(1, () => connection.readLine()), TimeoutError);
  await send(other, "c\n");
  assertEquals(await connection.readLine(), "abc");
});

Deno.test("reads are served in their order, each as a whole; one that is given up lets the next one in", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  const big = createTask(() => connection.readExactly(100), { eager: true });
  const line = connection.readLine();
  const byte = connection.read(1);
  await send(other, "line\nrest");
  await sleep(1);
  big.cancel();
  assertEquals([await line, text(await byte)], ["line", "r"]);
  assertEquals(text(await connection.read()), "est");
});

Deno.test("a read gives nothing in a cancelled task, though it has come", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  await send(other, "one\ntwo\n");
  assertEquals(await connection.readLine(), "one");
  const task = createTask(async () => {
    await sleep(Infinity).catch(() => {});
    for (const use of [() => connection.readLine(), () => connection.write("x"), () => connect(peer.addr)]) {
      await assertRejects(use, CancelledError);
    }
    return await connection.readLine();
  });
  await sleep(0);
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(await connection.readLine(), "two");
});

Deno.test("Connection.write() waits while the other side does not read", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  const size = 32 * 1024 * 1024;
  let written = false;
  const write = connection.write(new Uint8Array(size)).then(() => written = true);
  await sleep(20);
  assert(!written);
  const buffer = new Uint8Array(1024 * 1024);
  for (let left = size; left > 0;) left -= (await other.read(buffer))!;
  await write;
});

Deno.test("writes of several tasks come out in their order, each as a whole", async () => {
  await using server = listening(async (connection) => {
    const letters = ["a", "b", "c", "d"];
    await gather(letters.map((letter) => async () => {
      for (let i = 0; i < 3; i++) await connection.write(letter.repeat(300_000));
    }));
  });
  await using connection = await connect(server.addr);
  const received = await all(connection);
  assertEquals(received.length, 12 * 300_000);
  const order = received.match(/(.)\1*/g)!.map((run) => run[0]!.repeat(run.length / 300_000));
  assertEquals(order.join(""), "abcdabcdabcd");
});

Deno.test("a write that is given up is made to its end once it has begun, and not at all otherwise", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  const size = 16 * 1024 * 1024;
  await assertRejects(
    () => timeout(20, () => gather(() => connection.write("a".repeat(size)), () => connection.write("never"))),
    TimeoutError,
  );
  const bye = connection.write("bye").then(() => connection.closeWrite());
  const received = await new Response(other.readable).text();
  await bye;
  assertEquals([received.length, received.slice(-4)], [size + 3, "abye"]);
});

Deno.test("Connection.closeWrite() tells the other side that there is no more, after what is being written", async () => {
  await using server = listening(async (connection) => {
    const received = await all(connection);
    await connection.write(`got ${received.length}`);
  });
  await using connection = await connect(server.addr);
  const write = connection.write("x".repeat(1_000_000));
  await connection.closeWrite();
  await write;
  assertEquals(await all(connection), "got 1000000");
  await assertRejects(() => connection.write("more"), Error, connection.peer);
});

Deno.test("a connection is closed when the function that opened it has ended, and not while that is being cancelled", async () => {
  using peer = new Peer();
  let connection: Connection;
  const task = createTask(async () => {
    connection = await connect(peer.addr);
    try {
      await connection.readLine();
    } finally {
      await shield(() => connection.write("bye"));
    }
  });
  const other = await peer.accept();
  await sleep(1);
  task.cancel();
  assertEquals(await new Response(other.readable).text(), "bye");
  await assertRejects(() => task, CancelledError);
  await assertRejects(
    () => connection!.readLine(),
    InvalidStateError,
    `Cannot use the connection to ${peer.name}: the task that owned it was cancelled`,
  );
});

Deno.test("a connection that a function returns belongs to its caller", async () => {
  using peer = new Peer();
  const log: string[] = [];
  await createTask(async () => {
    const open = async () => ({ connection: await timeout(10_000, () => connect(peer.addr)) });
    const { connection } = await moveOnAfter(10_000, open) ?? {};
    const other = await peer.accept();
    await connection!.write("still open");
    log.push(text(await new Response(other.readable.pipeThrough(firstOnly())).bytes())!);
  });
  assertEquals(log, ["still open"]);
});

/** Ends a stream after its first chunk. */
function firstOnly(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      controller.terminate();
    },
  });
}

Deno.test("a connection that nobody holds any more is closed with its owner", { ignore: !isLinux }, async () => {
  using peer = new Peer();
  const before = openFiles();
  await createTask(async () => {
    for (let i = 0; i < 10; i++) await connect(peer.addr);
    assertEquals(openFiles(), before + 10);
  });
  assertEquals(openFiles(), before);
});

Deno.test("Connection.close() ends what is waited for, and refuses what comes", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await send(other, "unread");
  await connection.read(1);
  const waits = [
    connection.readExactly(100),
    connection.readLine(),
    connection.write(new Uint8Array(32 * 1024 * 1024)),
    connection.write("behind it"),
    connection.closeWrite(),
  ];
  const failed = gather(waits.map((wait) => () => assertRejects(() => wait, InvalidStateError, "it was closed")));
  await sleep(1);
  connection.close();
  await failed;
  for (const use of [() => connection.read(), () => connection.write("x"), () => connection.closeWrite()]) {
    await assertRejects(use, InvalidStateError, `Cannot use the connection to ${peer.name}: it was closed`);
  }
  await connection[Symbol.asyncDispose]();
});

Deno.test("a connection that breaks gives what had come, then the error of the platform with its address", async () => {
  await using peer = await resetting("before");
  await using connection = await connect(peer);
  assertEquals(text(await connection.read(1)), "b");
  const next = connection.readExactly(100);
  peer.reset();
  const error = await assertRejects(() => next, Deno.errors.ConnectionReset);
  assertStringIncludes(error.message, connection.peer);
  assertEquals(text(await connection.read()), "efore");
  await assertRejects(() => connection.read(), Deno.errors.ConnectionReset);
});

Deno.test("connect() names host and port, or the path, where the platform does not", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const refused = await assertRejects(() => connect({ port }), Deno.errors.ConnectionRefused, `: 127.0.0.1:${port}`);
  assertStringIncludes(refused.stack!, `127.0.0.1:${port}`);
  if (Deno.build.os !== "windows") {
    await assertRejects(() => connect({ path: "/nowhere/socket" }), Deno.errors.NotFound, ": /nowhere/socket");
  }
});

Deno.test("connect() that is given up leaves nothing", { ignore: !isLinux }, async () => {
  using peer = new Peer();
  const before = openFiles();
  const reason = new Error("enough");
  // Of one that was given up as soon as it was begun, and of one that may be made at this moment.
  for (let i = 0; i < 20; i++) {
    const task = createTask(() => connect(peer.addr), { eager: true });
    if (i % 2 === 0) await sleep(0);
    task.cancel();
    await task.settled();
  }
  const now = connect({ ...peer.addr, signal: AbortSignal.abort(reason) });
  assertEquals(await assertRejects(() => now), reason);
  for (let i = 0; i < 1_000 && openFiles() > before; i++) await sleep(1);
  assert(openFiles() <= before);
});

Deno.test("connect() gives up while the other side does not answer the first words of TLS", async () => {
  using peer = new Peer();
  await assertRejects(() => timeout(20, () => connect({ ...peer.addr, tls: true })), TimeoutError);
  (await peer.accept()).close();
  const reason = new Error("enough");
  const controller = new AbortController();
  const connecting = connect({ ...peer.addr, tls: true, signal: controller.signal });
  const other = await peer.accept();
  controller.abort(reason);
  assertEquals(await assertRejects(() => connecting), reason);
  // The platform closes it when that happens.
  other.close();
  await sleep(100);
});

Deno.test("Connection.lines() ends with its signal, and leaves the rest to the next read", async () => {
  using peer = new Peer();
  const [connection, other] = await connected(peer);
  await using _ = connection;
  await send(other, "one\ntwo\n");
  for await (const line of connection.lines()) {
    assertEquals(line, "one");
    break;
  }
  const controller = new AbortController();
  const lines: string[] = [];
  const loop = createTask(async () => {
    for await (const line of connection.lines({ signal: controller.signal })) lines.push(line);
  });
  while (lines.length === 0) await sleep(1);
  controller.abort(new Error("enough"));
  await assertRejects(() => loop, Error, "enough");
  assertEquals(lines, ["two"]);
});

Deno.test("waits for a connection are drawn as the network, with its other side", async () => {
  using peer = new Peer();
  const recorded = await record(() =>
    createTask(async () => {
      const [connection, other] = await connected(peer);
      const line = connection.readLine();
      await send(other, "hi\n");
      await line;
      await connection.write("x");
    }, { name: "client" })
  );
  const { waits } = recorded.spans.find(({ name }) => name === "client")!;
  assertEquals(waits.map(({ kind, what }) => `${kind}: ${what}`), [
    `network: connect to ${peer.name}`,
    `network: read from ${peer.name}`,
    `network: write to ${peer.name}`,
  ]);
});

asyncTest(
  "virtual time passes while both sides of a connection wait, and not while something is on its way",
  async () => {
    const real = performance.now();
    await virtualTime(async () => {
      const asked = new Event();
      await using server = listening(async (connection) => {
        for await (const line of connection.lines()) {
          asked.set();
          await sleep(3_600_000);
          await connection.write(`${line}, an hour later\n`);
        }
      });
      await using connection = await connect(server.addr);
      await connection.write("hello\n");
      await timeout(1_000, () => asked.wait());
      await assertRejects(() => timeout(1_000, () => connection.readLine()), TimeoutError);
      assertEquals(await connection.readLine(), "hello, an hour later");
    });
    assert(performance.now() - real < 60_000);
  },
);

Deno.test("connect() and the methods of a connection say what is wrong with their arguments", async () => {
  assertThrows(() => connect({}), TypeError, "Cannot connect as a port or a path is needed");
  for (const limit of [0, NaN]) assertThrows(() => connect({ port: 1, limit }), RangeError, "limit must be at least 1");
  using peer = new Peer();
  const [connection] = await connected(peer);
  await using _ = connection;
  for (const max of [0, NaN]) assertThrows(() => connection.read(max), RangeError, "max must be at least 1");
  for (const count of [-1, 1.5, NaN]) {
    assertThrows(() => connection.readExactly(count), RangeError, "count must be a whole number");
  }
  assertThrows(() => connection.readUntil(""), RangeError, "Cannot read until a separator as that is empty");
  assertEquals(Deno.inspect(connection), `Connection { "${peer.name}" }`);
});
