// Servers on the loopback are real here, and so is the clock: what is on its way through the system takes its own time.
import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  CancelledError,
  createTask,
  currentTask,
  Event,
  fetch as ownedFetch,
  gather,
  Queue,
  sleep,
  type Task,
  timeout,
} from "../../mod.ts";
import { type Handler, serve, type ServeOptions } from "../../lib/net/mod.ts";

/** A server on a free port of the loopback. */
function local(handler: Handler, options: ServeOptions = {}) {
  return serve(handler, { hostname: "127.0.0.1", port: 0, ...options });
}

async function get(url: string, init?: RequestInit): Promise<[status: number, body: string]> {
  const response = await fetch(url, init);
  return [response.status, await response.text()];
}

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

/** A body that never ends, nor knows of cancellation. */
function endless(onCancel: () => void = () => {}): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)), cancel: onCancel });
}

Deno.test("serve() answers requests, each as a task with the request as its name", async () => {
  await using server = local((request) => new Response(`${currentTask()?.name} ${new URL(request.url).search}`));
  assertEquals(await get(`${server.url}a/b?secret=1`), [200, "GET /a/b ?secret=1"]);
  assertEquals(await get(server.url, { method: "POST", body: "x" }), [200, "POST / "]);
});

Deno.test("serve() has the task of a request keep its name when that was answered", async () => {
  const tasks: Task<unknown>[] = [];
  await using server = local(async (request) => {
    tasks.push(currentTask()!);
    if (request.method === "POST") await sleep(1);
    return new Response();
  });
  await get(`${server.url}a`);
  await get(`${server.url}b`, { method: "POST" });
  assertEquals(tasks.map(({ name }) => name), ["GET /a", "POST /b"]);
});

Deno.test("serve() gives handlers the stored values of its caller, and each other's not", async () => {
  const storage = new AsyncLocalStorage<string>();
  await using server = storage.run("outer", () =>
    local(async (request) => {
      const before = storage.getStore();
      return await storage.run(new URL(request.url).pathname, async () => {
        await sleep(1);
        return new Response(`${before} ${storage.getStore()}`);
      });
    }));
  const answers = await gather(["a", "b"].map((path) => () => get(server.url + path)));
  assertEquals(answers, [[200, "outer /a"], [200, "outer /b"]]);
});

Deno.test("serve() answers 500 and prints when a handler throws, and serves on", async () => {
  await using server = local((request) => {
    if (request.url.endsWith("/throws")) throw new Error("broken");
    if (request.url.endsWith("/rejects")) return Promise.reject(new Error("broken later"));
    if (request.url.endsWith("/returns")) return "no response" as never;
    return new Response("fine");
  });
  const lines = await printed(async () => {
    for (const path of ["throws", "rejects", "returns"]) assertEquals((await get(server.url + path))[0], 500);
  });
  assertEquals(lines.length, 3);
  assertStringIncludes(lines[0]!, 'The request "GET /throws" has failed: Error: broken');
  assertStringIncludes(lines[1]!, "broken later");
  assertStringIncludes(
    lines[2]!,
    'Cannot answer as the handler must return a Response: current value is "no response"',
  );
  assertEquals(await get(server.url), [200, "fine"]);
});

Deno.test("serve() cancels a request whose client goes away, and all that it has started", async () => {
  const entered = new Event();
  const log: string[] = [];
  const ended = new Event();
  await using server = local(async () => {
    createTask(() => sleep(Infinity).finally(() => log.push("helper")));
    try {
      entered.set();
      await sleep(Infinity);
    } finally {
      log.push("handler");
      ended.set();
    }
    return new Response();
  });
  const client = new AbortController();
  const request = fetch(server.url, { signal: client.signal }).catch(() => {});
  await entered.wait();
  client.abort();
  await timeout(10_000, () => ended.wait());
  await request;
  while (server.stats().running > 0) await sleep(1);
  assertEquals(log, ["handler", "helper"]);
});

Deno.test("serve() cancels a request whose client goes away in the middle of what it sends, and prints nothing", async () => {
  const readers: Record<string, (request: Request) => Promise<unknown>> = {
    whole: (request) => request.bytes(),
    stream: (request) => Array.fromAsync(request.body!),
  };
  for (const [way, read] of Object.entries(readers)) {
    const entered = new Event();
    const log: string[] = [];
    await using server = local(async (request) => {
      createTask(() => sleep(Infinity).finally(() => log.push("helper")));
      entered.set();
      await read(request);
      return new Response();
    });
    const lines = await printed(async () => {
      const client = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(server.url).port) });
      await client.write(new TextEncoder().encode("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"));
      await entered.wait();
      client.close();
      while (server.stats().running > 0) await sleep(1);
    });
    assertEquals([lines, log], [[], ["helper"]], way);
  }
});

Deno.test("serve() ends the stream of an answer when its client goes away", async () => {
  const items = new Queue<string>();
  const ended = new Event();
  let task: string | undefined;
  await using server = local(() => {
    async function* lines() {
      try {
        for (;;) yield await items.get();
      } finally {
        task = currentTask()?.name;
        ended.set();
      }
    }
    return new Response(ReadableStream.from(lines()).pipeThrough(new TextEncoderStream()));
  });
  items.tryPut("first");
  const client = new AbortController();
  const response = await fetch(`${server.url}feed`, { signal: client.signal });
  const reader = response.body!.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "first");
  assertEquals(server.stats().running, 1);
  client.abort();
  await timeout(10_000, () => ended.wait());
  await reader.read().catch(() => {});
  assertEquals(task, "GET /feed");
});

Deno.test("serve() has a request last until its answer has been sent", async () => {
  const more = new Event();
  await using server = local(() => {
    async function* body() {
      yield "head ";
      await more.wait();
      yield `tail in ${currentTask()?.name}`;
    }
    return new Response(ReadableStream.from(body()).pipeThrough(new TextEncoderStream()));
  });
  const response = await fetch(server.url);
  assertEquals(server.stats(), { running: 1, waiting: 0 });
  more.set();
  assertEquals(await response.text(), "head tail in GET /");
  while (server.stats().running > 0) await sleep(1);
});

Deno.test("serve() lets requests end when its owner is cancelled, uploads included, and turns away what comes", async () => {
  const entered = new Queue<string>();
  const go = new Event();
  let url = "";
  const owner = createTask(async () => {
    const server = local(async (request) => {
      await entered.put(request.method);
      await go.wait();
      return new Response(await request.text());
    });
    url = server.url;
    await sleep(Infinity);
  });
  await sleep(0);
  const upload = new TransformStream<Uint8Array, Uint8Array>();
  const writer = upload.writable.getWriter();
  const first = get(url, { method: "POST", body: upload.readable });
  void writer.write(new TextEncoder().encode("one "));
  const second = get(url);
  await entered.get();
  await entered.get();
  owner.cancel();
  await sleep(0);
  const [status] = await get(url);
  assertEquals(status, 503);
  go.set();
  await writer.write(new TextEncoder().encode("two"));
  await writer.close();
  assertEquals(await first, [200, "one two"]);
  assertEquals(await second, [200, ""]);
  await assertRejects(() => owner, CancelledError);
  await assertRejects(() => get(url), TypeError);
});

Deno.test("serve() cancels what still runs after `drain`, and answers that with 503", async () => {
  const cleaned: string[] = [];
  const server = local(async (request) => {
    try {
      await sleep(Infinity);
    } finally {
      cleaned.push(request.method);
    }
    return new Response();
  }, { drain: 0 });
  const request = fetch(server.url);
  while (server.stats().running === 0) await sleep(1);
  await server.shutdown();
  const response = await request;
  assertEquals([response.status, response.headers.get("retry-after")], [503, "1"]);
  await response.body?.cancel();
  assertEquals(cleaned, ["GET"]);
});

Deno.test("serve() closes the connections of answers that do not end", async () => {
  let cancelled = false;
  const server = local(() => new Response(endless(() => cancelled = true)), { drain: 0 });
  const response = await fetch(server.url);
  await server.shutdown();
  await assertRejects(() => response.text());
  assert(cancelled);
  assertEquals(server.stats(), { running: 0, waiting: 0 });
});

Deno.test("serve() ends with the function that called it", async () => {
  const url = await createTask(() => {
    const server = local(() => new Response("hi"));
    return server.url;
  });
  await assertRejects(() => get(url), TypeError);
});

Deno.test("serve() listens to nothing in a cancelled scope", async () => {
  const task = createTask(async () => {
    await sleep(Infinity).catch(() => {});
    local(() => new Response());
  });
  await sleep(0);
  task.cancel();
  await assertRejects(() => task, CancelledError);
});

Deno.test("serve() runs at most `maxRequests` at a time, in order, and turns away what does not fit the queue", async () => {
  const order: string[] = [];
  let running = 0;
  let most = 0;
  const go = new Queue<void>();
  await using server = local(async (request) => {
    most = Math.max(most, ++running);
    order.push(new URL(request.url).pathname);
    await go.get();
    running--;
    return new Response("ok");
  }, { maxRequests: 1, maxQueue: 2 });
  const requests: Promise<[number, string]>[] = [];
  for (const path of ["a", "b", "c"]) {
    requests.push(get(server.url + path));
    while (server.stats().running + server.stats().waiting < requests.length) await sleep(1);
  }
  assertEquals(server.stats(), { running: 1, waiting: 2 });
  const turnedAway = await fetch(`${server.url}d`);
  assertEquals([turnedAway.status, turnedAway.headers.get("retry-after")], [503, "1"]);
  await turnedAway.body?.cancel();
  for (let i = 0; i < 3; i++) await go.put();
  assertEquals(await gather(...requests), [[200, "ok"], [200, "ok"], [200, "ok"]]);
  assertEquals([order, most], [["/a", "/b", "/c"], 1]);
});

Deno.test("serve() has a request that waits for its turn leave when its client goes away", async () => {
  const go = new Event();
  const order: string[] = [];
  await using server = local(async (request) => {
    order.push(new URL(request.url).pathname);
    await go.wait();
    return new Response("ok");
  }, { maxRequests: 1 });
  const first = get(`${server.url}first`);
  while (server.stats().running < 1) await sleep(1);
  const client = new AbortController();
  const left = get(`${server.url}left`, { signal: client.signal }).catch(() => "left");
  while (server.stats().waiting < 1) await sleep(1);
  client.abort();
  while (server.stats().waiting > 0) await sleep(1);
  go.set();
  assertEquals([await first, await left], [[200, "ok"], "left"]);
  assertEquals(order, ["/first"]);
});

Deno.test("serve() has the tasks of a WebSocket go on, and ends them with the server", async () => {
  const log: string[] = [];
  const server = local((request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const messages = new Queue<string>();
    socket.onmessage = ({ data }) => void messages.tryPut(data);
    socket.onclose = () => messages.shutdown();
    createTask(async () => {
      try {
        for await (const message of messages) socket.send(message.toUpperCase());
        log.push("closed");
      } catch (error) {
        log.push((error as Error).name);
        throw error;
      } finally {
        socket.close();
      }
    }).settled();
    return response;
  }, { drain: 0 });
  const open = async () => {
    const socket = new WebSocket(server.url.replace("http", "ws"));
    await new Promise((resolve) => socket.onopen = resolve);
    const answer = new Promise<string>((resolve) => socket.onmessage = ({ data }) => resolve(data));
    socket.send("hello");
    assertEquals(await answer, "HELLO");
    return { socket, closed: new Promise((resolve) => socket.onclose = resolve) };
  };
  const one = await open();
  const two = await open();
  one.socket.close();
  await one.closed;
  while (log.length === 0) await sleep(1);
  await server.shutdown();
  await two.closed;
  assertEquals(log, ["closed", "AbortError"]);
});

Deno.test("serve() prints the failure of a stream that was being sent, and serves on", async () => {
  await using server = local((request) =>
    request.url.endsWith("/breaks")
      ? new Response(
        new ReadableStream({
          pull(controller) {
            controller.error(new Error("broken stream"));
          },
        }),
      )
      : new Response("fine")
  );
  const lines = await printed(() => assertRejects(() => get(`${server.url}breaks`)));
  assertStringIncludes(lines.join("\n"), "broken stream");
  assertEquals(await get(server.url), [200, "fine"]);
});

Deno.test("serve() answers 500 where the stream of an answer has been sent before, and ends all the same", async () => {
  const answer = new Response(ReadableStream.from([new Uint8Array(1)]));
  const server = local(() => answer);
  assertEquals((await get(server.url))[0], 200);
  const lines = await printed(async () => assertEquals((await get(server.url))[0], 500));
  assertStringIncludes(lines[0]!, 'The request "GET /" has failed: TypeError');
  assertEquals(server.stats(), { running: 0, waiting: 0 });
  await server.shutdown();
});

Deno.test("serve() can be shut down by one of its own requests, which cannot wait for that", async () => {
  const server = local(async () => {
    const end = server.shutdown();
    return new Response(await end.catch((error) => `${error.name}: ${error.message}`) as string);
  });
  assertEquals(await get(server.url), [
    200,
    "InvalidStateError: Cannot wait for the end of the server as the caller is part of it: leave out the await",
  ]);
  await server.finished;
  const other = local(() => {
    void other.shutdown();
    return new Response("ending");
  });
  assertEquals(await get(other.url), [200, "ending"]);
  await other.finished;
});

Deno.test("serve() passes on what another server answers, whoever reads it to its end", async () => {
  await using upstream = local(() => new Response(ReadableStream.from([new TextEncoder().encode("from upstream")])));
  await using server = local(() => timeout(10_000, () => ownedFetch(upstream.url)));
  assertEquals(await get(server.url), [200, "from upstream"]);
});

Deno.test("serve() stops with its signal", async () => {
  const controller = new AbortController();
  const server = local(() => new Response("hi"), { signal: controller.signal });
  assertEquals((await get(server.url))[0], 200);
  controller.abort();
  await server.finished;
  await assertRejects(() => get(server.url), TypeError);
});

Deno.test("serve() says what is wrong with its arguments, and that a port is taken", async () => {
  assertThrows(() => serve(undefined as unknown as Handler), TypeError, "Cannot serve as a function is needed");
  for (const drain of [-1, NaN]) assertThrows(() => local(() => new Response(), { drain }), RangeError);
  for (const maxRequests of [0, NaN]) {
    assertThrows(() => local(() => new Response(), { maxRequests }), RangeError, "Cannot serve as maxRequests");
  }
  assertThrows(() => local(() => new Response(), { maxQueue: -1 }), RangeError, "Cannot serve as maxQueue");
  await using server = local(() => new Response());
  const { port } = server.addr as Deno.NetAddr;
  assertThrows(() => local(() => new Response(), { port }), Deno.errors.AddrInUse, `127.0.0.1:${port}`);
});

Deno.test({
  name: "serve() listens on a Unix socket",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/socket`;
      await using server = serve(() => new Response("by path"), { path });
      assertEquals([server.url, server.addr.transport], ["", "unix"]);
      using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
      assertEquals(await (await fetch("http://localhost/", { client })).text(), "by path");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

// A thousand real connections.
Deno.test("serve() leaves nothing of 1 000 requests whose clients leave at some moment", async () => {
  await using server = local(async (request) => {
    await sleep(Number(new URL(request.url).searchParams.get("ms")));
    return new Response(ReadableStream.from((async function* () {
      yield new Uint8Array(1_000);
      await sleep(2);
      yield new Uint8Array(1_000);
    })()));
  });
  let seed = 1;
  const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
  await gather(
    Array.from({ length: 1_000 }, () => async () => {
      const client = new AbortController();
      const request = get(`${server.url}?ms=${Math.floor(random() * 30)}`, { signal: client.signal }).catch(() => {});
      await sleep(random() * 40);
      client.abort();
      await request;
    }),
    { concurrency: 50 },
  );
  while (server.stats().running > 0) await sleep(1);
});
