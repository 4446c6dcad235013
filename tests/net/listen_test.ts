// Listeners on the loopback are real here, and so is the clock: what is on its way through the system takes its own time.
import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { CancelledError, createTask, currentTask, Event, gather, shield, sleep, timeout } from "../../mod.ts";
import { connect, type ConnectionHandler, IncompleteReadError, listen } from "../../lib/net/mod.ts";
import { CERT, KEY } from "../cli/certificate.ts";
import { isLinux, openFiles } from "../process/living.ts";
import { all, listening } from "./sockets.ts";

/** What is written to standard error by `console.error` meanwhile. */
async function printed(fn: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const { error } = console;
  console.error = (...args) => void lines.push(args.map(String).join(" "));
  try {
    await fn();
  } finally {
    console.error = error;
  }
  return lines;
}

/** What a client is told. */
async function ask(to: Deno.NetAddr | Deno.UnixAddr, words = ""): Promise<string> {
  await using connection = await connect(to);
  await connection.write(words);
  await connection.closeWrite();
  return await all(connection);
}

/** Resolves when nobody listens there any more: the platform takes a moment. */
async function refused(to: Deno.NetAddr | Deno.UnixAddr): Promise<void> {
  while (!await ask(to).then(() => false, (error) => error instanceof Deno.errors.ConnectionRefused)) await sleep(1);
}

Deno.test("listen() has each connection be a task, with the stored values of its caller", async () => {
  const storage = new AsyncLocalStorage<string>();
  await using server = storage.run("outer", () =>
    listening(async (connection) => {
      const before = storage.getStore();
      await storage.run(await connection.readLine() ?? "", async () => {
        await sleep(1);
        const name = currentTask()!.name.replace(/\d+$/, "…");
        await connection.write(`${name} ${before} ${storage.getStore()}`);
      });
    }));
  assertEquals(await gather(() => ask(server.addr, "a\n"), () => ask(server.addr, "b\n")), [
    "connection from 127.0.0.1:… outer a",
    "connection from 127.0.0.1:… outer b",
  ]);
});

Deno.test("listen() closes a connection when its handler, and all that it has started, has ended", async () => {
  await using server = listening((connection) => {
    createTask(async () => {
      try {
        await sleep(Infinity);
      } finally {
        await shield(() => connection.write("bye"));
      }
    });
  });
  assertEquals(await ask(server.addr), "bye");
  assertEquals(server.running, 0);
});

Deno.test("listen() stops accepting at once when its owner is cancelled, and lets connections go on", async () => {
  const entered = new Event();
  let addr!: Deno.NetAddr;
  const owner = createTask(async () => {
    const server = listening(async (connection) => {
      entered.set();
      for await (const line of connection.lines()) await connection.write(`${line}!\n`);
    });
    addr = server.addr as Deno.NetAddr;
    await sleep(Infinity);
  });
  await sleep(0);
  await using connection = await connect(addr);
  await entered.wait();
  owner.cancel();
  await refused(addr);
  await connection.write("still there\n");
  assertEquals(await connection.readLine(), "still there!");
  assertEquals(owner.state, "cancelling");
  await connection.closeWrite();
  await assertRejects(() => owner, CancelledError);
  assertEquals(await connection.readLine(), null);
});

Deno.test("listen() cancels what still runs after `drain`, and waits for it to say goodbye", async () => {
  const server = listening(async (connection) => {
    try {
      await connection.write("hello\n");
      await connection.readLine();
    } finally {
      await shield(() => sleep(5).then(() => connection.write("goodbye\n")));
    }
  }, { drain: 0 });
  await using connection = await connect(server.addr);
  assertEquals(await connection.readLine(), "hello");
  await server.shutdown();
  assertEquals(server.running, 0);
  assertEquals(await Array.fromAsync(connection.lines()), ["goodbye"]);
});

Deno.test("listen() prints the error of a handler, and goes on; that a client has gone is none", async () => {
  const handled = new Event();
  await using server = listening(async (connection) => {
    const word = await connection.readLine();
    if (word === "broken") throw new Error("broken");
    if (word === "other") throw new IncompleteReadError("of another", new Uint8Array(0));
    if (word === "gone") await connection.readExactly(100).finally(() => handled.set());
    await connection.write("fine");
  });
  const lines = await printed(async () => {
    for (const word of ["broken", "other", "gone"]) assertEquals(await ask(server.addr, `${word}\n`), "");
    await handled.wait();
    while (server.running > 0) await sleep(1);
  });
  assertEquals(lines.length, 2);
  assertStringIncludes(lines[0]!.replace(/:\d+ /, ":… "), "The connection from 127.0.0.1:… has failed: Error: broken");
  assertStringIncludes(lines[1]!, "of another");
  assertEquals(await ask(server.addr, "well\n"), "fine");
});

Deno.test("listen() ends with the function that called it, and with its signal", async () => {
  const addr = await createTask(() => listening(() => {}).addr);
  await refused(addr);
  const controller = new AbortController();
  const server = listening(() => {}, { signal: controller.signal });
  assertEquals(await ask(server.addr), "");
  controller.abort();
  await server.finished;
  await refused(server.addr);
});

Deno.test("listen() can be shut down by one of its own connections, which cannot wait for that", async () => {
  const server = listening(async (connection) => {
    const error = await server.shutdown().catch((error) => error);
    await connection.write(`${error.name}: ${error.message}`);
  });
  assertEquals(
    await ask(server.addr),
    "InvalidStateError: Cannot wait for the end of the listener as the caller is part of it: leave out the await",
  );
  await server.finished;
  const quiet = listening(() => void quiet.shutdown());
  assertEquals(await ask(quiet.addr), "");
  await quiet.finished;
});

Deno.test("listen() and connect() speak TLS, and a client that does not is no matter", async () => {
  const cert = { cert: CERT, key: KEY };
  await using server = listening(async (connection) => {
    for await (const line of connection.lines()) await connection.write(`${line}!\n`);
    await connection.write("that was all\n");
  }, cert);
  const lines = await printed(async () => {
    await using secured = await connect({ ...server.addr, tls: true, caCerts: [CERT] });
    await secured.write("hello\n");
    assertEquals(await secured.readLine(), "hello!");
    await secured.closeWrite();
    assertEquals(await secured.readLine(), "that was all");
    assertEquals(await secured.readLine(), null);
    // Nobody has said that this certificate is to be trusted.
    const error = await assertRejects(() => connect({ ...server.addr, tls: true }));
    assertInstanceOf(error, Error);
    assertStringIncludes(error.message, `: ${"127.0.0.1"}:`);
    await using plain = await connect(server.addr);
    await plain.write("GET / HTTP/1.1\r\n\r\n");
    await all(plain).catch(() => {});
  });
  assertEquals(lines, []);
});

Deno.test({
  name: "listen() and connect() speak over a Unix socket, and its file goes with the listener",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/socket`;
      const name = Promise.withResolvers<string>();
      const server = listen({ path }, async (connection) => {
        name.resolve(connection.peer);
        await connection.write("by path");
      });
      await using connection = await connect({ path });
      assertEquals([await all(connection), connection.peer, await name.promise], ["by path", path, path]);
      assertThrows(() => listen({ path }, () => {}), Deno.errors.AddrInUse, `: ${path}`);
      await server.shutdown();
      await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("listen() says what is wrong with its arguments, and which port is taken", async () => {
  const none = undefined as unknown as ConnectionHandler;
  assertThrows(() => listen({ port: 0 }, none), TypeError, "Cannot listen as a function is needed");
  assertThrows(() => listen({}, () => {}), TypeError, "Cannot listen as a port or a path is needed");
  for (const drain of [-1, NaN]) assertThrows(() => listening(() => {}, { drain }), RangeError);
  for (const limit of [0, NaN]) {
    assertThrows(() => listening(() => {}, { limit }), RangeError, "Cannot listen as limit");
  }
  await using server = listening(() => {});
  const { port } = server.addr as Deno.NetAddr;
  assertThrows(() => listening(() => {}, { port }), Deno.errors.AddrInUse, `127.0.0.1:${port}`);
});

Deno.test("listen() listens to nothing in a cancelled scope", async () => {
  const task = createTask(async () => {
    await sleep(Infinity).catch(() => {});
    listening(() => {});
  });
  await sleep(0);
  task.cancel();
  await assertRejects(() => task, CancelledError);
});

// A thousand real connections.
Deno.test("listen() and connect() leave nothing of 1 000 connections that are cancelled on either side", {
  ignore: !isLinux,
}, async () => {
  const before = openFiles();
  let seed = 1;
  const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
  const server = listening(async (connection) => {
    const session = async () => {
      for await (const line of connection.lines()) {
        await sleep(Number(line));
        await connection.write(`${line}\n`.repeat(10));
      }
    };
    // A quarter ends on this side.
    if (random() < 0.25) await timeout(random() * 20, session).catch(() => {});
    else await session();
  }, { limit: 1_000 });
  await gather(
    Array.from({ length: 1_000 }, (_, i) => async () => {
      const client = createTask(async () => {
        const connection = await connect(server.addr);
        for (let j = 0; j < 3; j++) {
          await connection.write(`${Math.floor(random() * 5)}\n`);
          for (let k = 0; k < 10; k++) await connection.readLine();
        }
        await connection.closeWrite();
      }, { eager: true });
      // And a quarter on the other.
      if (i % 4 === 0) {
        await sleep(random() * 20);
        client.cancel();
      }
      await client.settled();
    }),
    { concurrency: 50 },
  );
  await server.shutdown();
  assertEquals(server.running, 0);
  // A connection is closed by the platform on a thread of its own.
  for (let i = 0; i < 1_000 && openFiles() > before; i++) await sleep(1);
  assert(openFiles() <= before);
});
