import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import {
  cancellable,
  CancelledError,
  createTask,
  fetch,
  gather,
  InvalidStateError,
  mapConcurrent,
  moveOnAfter,
  race,
  shield,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "../../mod.ts";
import { fetch as fetchOfRoom } from "../../lib/net/fetch.ts";
import { virtualTime } from "../../lib/testing/mod.ts";
import { record } from "../trace/recording.ts";
import { OddServer } from "./odd_server.ts";

/** Every way to read a body to its end. */
const READERS: Record<string, (response: Response) => Promise<unknown>> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  bytes: (response) => response.bytes(),
  arrayBuffer: (response) => response.arrayBuffer(),
  blob: (response) => response.blob(),
  formData: (response) => response.formData(),
  "a loop": async (response) => {
    for await (const _ of response.body!);
  },
  "a reader": async (response) => {
    const reader = response.body!.getReader();
    while (!(await reader.read()).done);
  },
  "a reader of bytes": async (response) => {
    const reader = response.body!.getReader({ mode: "byob" });
    while (!(await reader.read(new Uint8Array(100))).done);
  },
  pipeTo: (response) => response.body!.pipeTo(new WritableStream()),
  pipeThrough: async (response) => {
    for await (const _ of response.body!.pipeThrough(new TextDecoderStream()));
  },
  textStream: async (response) => {
    for await (const _ of response.textStream());
  },
  clone: (response) => Promise.all([response.clone().text(), response.text()]),
  tee: (response) =>
    gather(
      response.body!.tee().map((branch) => async () => {
        for await (const _ of branch);
      }),
    ),
};

Deno.test("fetch() gives what the platform's gives", async () => {
  await using server = new OddServer();
  await createTask(async () => {
    const response = await fetch(server.url("/text"));
    assertInstanceOf(response, Response);
    assertInstanceOf(response.body, ReadableStream);
    assertStrictEquals(response.body, response.body);
    assertEquals([response.status, response.ok, response.url], [200, true, server.url("/text")]);
    assertEquals(Deno.inspect(response).split(" ")[0], "Response");
    assertEquals([response.bodyUsed, await response.text(), response.bodyUsed], [false, "text", true]);
    await assertRejects(() => response.text(), TypeError);
    assertEquals(await (await fetch(new URL(server.url("/json")))).json(), { a: 1 });
    const away = await fetch(server.url("/away"));
    assertEquals([away.redirected, await away.text()], [true, "text"]);
    for (const bodiless of [await fetch(server.url("/empty")), await fetch(server.url("/text"), { method: "HEAD" })]) {
      assertEquals([bodiless.body, await bodiless.text()], [null, ""]);
    }
    const request = new Request(server.url("/echo"), { method: "POST", body: "sent" });
    assertEquals(await (await fetch(request)).text(), "sent");
    const copied = new Request(server.url("/echo"), { method: "PUT", body: "as options" });
    assertEquals(await (await fetch(server.url("/echo"), copied as RequestInit)).text(), "as options");
    const body = ReadableStream.from(["in ", "pieces"]).pipeThrough(new TextEncoderStream());
    assertEquals(await (await fetch(server.url("/echo"), { method: "POST", body })).text(), "in pieces");
  });
});

Deno.test("fetch() is the platform's outside of all tasks", async () => {
  await using server = new OddServer();
  assertStrictEquals(fetch, fetchOfRoom);
  assertEquals(await (await fetch(server.url("/text"))).text(), "text");
  const controller = new AbortController();
  const hanging = fetch(server.url("/hang"), { signal: controller.signal });
  await server.came("/hang");
  controller.abort("enough");
  assertEquals(await hanging.catch((error) => error), "enough");
});

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`fetch() gives an answer whose body is read to its end by ${name}`, async () => {
    await using server = new OddServer();
    await createTask(async () => {
      const response = await fetch(server.url("/json"));
      if (name === "formData") await assertRejects(() => read(response), TypeError);
      else await read(response);
      assert(response.bodyUsed);
    });
  });

  Deno.test(`fetch() gives an answer of which reading by ${name} ends with the task that reads`, async () => {
    await using server = new OddServer();
    await createTask(async () => {
      const response = await fetch(server.url("/stall"));
      const reading = createTask(() => read(response), { eager: true });
      reading.cancel("enough");
      const error = await reading.catch((error) => error);
      assertInstanceOf(error, CancelledError);
      assertEquals(error.reason, "enough");
    });
    await server.gone("/stall");
  });

  Deno.test(`fetch() gives an answer of which reading by ${name} ends with the task that has fetched it`, async () => {
    await using server = new OddServer();
    const fetched = Promise.withResolvers<Response>();
    const owner = createTask(async () => {
      fetched.resolve(await fetch(server.url("/stall")));
      await sleep(Infinity);
    });
    const response = await fetched.promise;
    const reading = createTask(() => read(response), { eager: true });
    owner.cancel();
    const error = await reading.catch((error) => error);
    assertInstanceOf(error, InvalidStateError);
    assertEquals(
      error.message,
      `Cannot read the body of GET ${server.url("/stall")}: the task that fetched it was cancelled`,
    );
    assertInstanceOf(error.cause, CancelledError);
    await server.gone("/stall");
    await owner.settled();
  });
}

Deno.test("fetch() ends with the task that waits for the head, with the error of that", async () => {
  await using server = new OddServer();
  const task = createTask(() => fetch(server.url("/hang")));
  await server.came("/hang");
  task.cancel("enough");
  const error = await task.catch((error) => error);
  assertInstanceOf(error, CancelledError);
  assertEquals(error.reason, "enough");
  await server.gone("/hang");
});

Deno.test("fetch() ends with the timeout around it: a function needs no signal for that", async () => {
  await using server = new OddServer();
  const load = async (path: string) => await (await fetch(server.url(path))).text();
  const both = () => gather(() => load("/hang"), () => load("/stall"));
  const limited = timeout(60_000, async (scope) => {
    const loading = both();
    await Promise.all([server.came("/hang"), server.came("/stall")]);
    scope.reschedule(1);
    await loading;
  });
  await assertRejects(() => limited, TimeoutError);
  await Promise.all([server.gone("/hang"), server.gone("/stall")]);
  assertEquals(await moveOnAfter(1, both), undefined);
});

Deno.test("fetch() sends nothing in cancelled code, and leaves the body of a request alone", async () => {
  await using server = new OddServer();
  const request = new Request(server.url("/echo"), { method: "POST", body: "kept" });
  const task = createTask(async () => {
    await sleep(Infinity).catch(() => {});
    await assertRejects(() => fetch(request), CancelledError);
    await assertRejects(() => fetch(server.url("/text")), CancelledError);
    return "through";
  }, { eager: true });
  task.cancel();
  assertEquals(await task, "through");
  assertEquals([server.requests, await request.text()], [0, "kept"]);
});

Deno.test("fetch() takes a signal of the caller's own, and throws its reason, in the head and in the body", async () => {
  await using server = new OddServer();
  await createTask(async () => {
    const reason = new Error("mine");
    for (const path of ["/hang", "/stall"]) {
      for (const ofRequest of [false, true]) {
        const controller = new AbortController();
        const { signal } = controller;
        const sent = ofRequest ? fetch(new Request(server.url(path), { signal })) : fetch(server.url(path), { signal });
        const text = sent.then((response) => response.text());
        await server.came(path);
        if (path === "/stall") await sent;
        controller.abort(reason);
        assertStrictEquals(await text.catch((error) => error), reason);
      }
    }
    await assertRejects(() => fetch(server.url("/text"), { signal: AbortSignal.abort(reason) }), Error, "mine");
    assertEquals(await (await fetch(server.url("/text"), { signal: null })).text(), "text");
  });
});

Deno.test("fetch() throws what the platform throws", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1_000));
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"));
  })();
  await createTask(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    await assertRejects(() => response.text(), TypeError, "error reading a body");
    await serving;
    listener.close();
    await assertRejects(() => fetch(`http://127.0.0.1:${port}/`), TypeError);
    await assertRejects(() => fetch("no address"), TypeError);
    await assertRejects(() => fetch(`http://127.0.0.1:${port}/`, { signal: 1 as unknown as AbortSignal }), TypeError);
  });
});

Deno.test("fetch() stops an upload, and cancels what it was taken from", async () => {
  await using server = new OddServer();
  const cancelled = Promise.withResolvers<unknown>();
  const body = new ReadableStream<Uint8Array>({ cancel: (reason) => cancelled.resolve(reason) });
  const task = createTask(() => fetch(server.url("/echo"), { method: "POST", body }));
  await server.came("/echo");
  task.cancel();
  await assertRejects(() => task, CancelledError);
  await cancelled.promise;
});

// Whose the answer is

/** Ways in which a function returns an answer that its caller reads. */
const RETURNED: Record<string, (get: () => Promise<Response>) => Promise<Response | undefined>> = {
  timeout: (get) => timeout(60_000, get),
  "timeout, in a list": async (get) => (await timeout(60_000, async () => [await get()]))[0],
  "timeout, in a record of a map": async (get) =>
    (await timeout(60_000, async () => ({ found: new Map([["it", await get()]]) }))).found.get("it"),
  "timeout, in a function": async (get) => {
    const response = await timeout(60_000, async () => {
      const response = await get();
      return () => response;
    });
    return response();
  },
  "timeout, in an object of a class": async (get) => {
    class Page {
      #response: Response;
      constructor(response: Response) {
        this.#response = response;
      }
      get response() {
        return this.#response;
      }
    }
    return (await timeout(60_000, async () => new Page(await get()))).response;
  },
  createTask: (get) => createTask(get),
  shield: (get) => shield(get),
  gather: async (get) => (await gather(get, get))[1],
  race: (get) => race(get, () => sleep(Infinity, undefined)),
  "race of promises": (get) => race(createTask(get), () => sleep(Infinity, undefined)),
  mapConcurrent: async (get) => {
    for await (const response of mapConcurrent([1, 2], get, { concurrency: 2 })) return response;
    return undefined;
  },
  "taskGroup, from its body": (get) => taskGroup(get),
  "taskGroup, from a task": async (get) => {
    const task = await taskGroup((group) => ({ it: group.createTask(get) }));
    return await task!.it;
  },
};

for (const [name, returned] of Object.entries(RETURNED)) {
  Deno.test(`fetch() gives an answer that can be read where it was returned to: ${name}`, async () => {
    await using server = new OddServer();
    await createTask(async () => {
      const response = await returned(() => fetch(server.url("/text")));
      assertEquals(await response!.text(), "text");
    });
  });
}

Deno.test("fetch() gives an answer that ends with the task it was returned to", async () => {
  await using server = new OddServer();
  await createTask(async () => {
    await timeout(60_000, () => fetch(server.url("/stall")));
  });
  await server.gone("/stall");
});

Deno.test("fetch() lets go of an answer that nobody has read when the function ends that has fetched it", async () => {
  await using server = new OddServer();
  await createTask(async () => {
    for (const [name, read] of Object.entries(READERS)) {
      const path = `/stall/${encodeURIComponent(name)}`;
      let kept: Response;
      const status = await timeout(60_000, async () => (kept = await fetch(server.url(path))).status);
      assertEquals(status, 200);
      await server.gone(path);
      const message = `Cannot read the body of GET ${server.url(path)}: the task that fetched it has ended`;
      await assertRejects(() => read(kept), InvalidStateError, message);
    }
  });
});

Deno.test("fetch() lets go of what the loser of a race has fetched", async () => {
  await using server = new OddServer();
  await createTask(async () => {
    const both = Promise.withResolvers<void>();
    let heads = 0;
    const get = async (path: string) => {
      const response = await fetch(server.url(path));
      if (++heads === 2) both.resolve();
      await both.promise;
      return response;
    };
    const response = await race(() => get("/stall/1"), () => get("/stall/2"));
    await server.gone(response.url.endsWith("1") ? "/stall/2" : "/stall/1");
    const reader = response.body!.getReader();
    assertEquals((await reader.read()).value?.length, 4);
  });
});

Deno.test("fetch() keeps one half of an answer when the other is let go of", async () => {
  await using server = new OddServer();
  await createTask(async () => {
    const clone = await timeout(60_000, async () => (await fetch(server.url("/chunks"))).clone());
    assertEquals(await clone.text(), "one,two,three");
    const response = await fetch(server.url("/chunks"));
    const [one, other] = response.body!.tee();
    const cancelling = one.cancel();
    let text = "";
    for await (const chunk of other.pipeThrough(new TextDecoderStream(), { preventCancel: true })) text += chunk;
    assertEquals(text, "one,two,three");
    await other.cancel();
    await cancelling;
  });
});

// Reading

Deno.test("fetch() gives a body of which a read() that was given up loses nothing", async () => {
  await using server = new OddServer();
  await createTask(async () => {
    const response = await fetch(server.url("/chunks"));
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const impatient = createTask(() => reader.read(), { eager: true });
      impatient.cancel();
      await impatient.settled();
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
    assertEquals(text, "one,two,three");
  });
});

Deno.test("fetch() gives a body whose loop closes the connection when it is left", async () => {
  await using server = new OddServer();
  await createTask(async () => {
    const response = await fetch(server.url("/stall"));
    for await (const chunk of response.body!) {
      assertEquals(new TextDecoder().decode(chunk), "part");
      break;
    }
    await server.gone("/stall");
    const whole = await fetch(server.url("/chunks"));
    for await (const _ of whole.body!.values({ preventCancel: true })) break;
    assertEquals(whole.body!.locked, false);
  });
});

Deno.test("fetch() gives a body that waits for the end of where it was piped to", async () => {
  await using server = new OddServer();
  const events: string[] = [];
  const task = createTask(async () => {
    const response = await fetch(server.url("/stall"));
    const sink = new WritableStream({
      write: () => void events.push("written"),
      async abort() {
        await cancellable(new Promise((resolve) => setTimeout(resolve, 1))).catch(() => {});
        events.push("aborted");
      },
    });
    await response.body!.pipeTo(sink).finally(() => events.push("piped"));
  });
  while (!events.includes("written")) await sleep(1);
  task.cancel();
  await assertRejects(() => task, CancelledError);
  assertEquals(events, ["written", "aborted", "piped"]);
  await server.gone("/stall");
});

Deno.test("fetch() gives an answer that can be passed on by a server", async () => {
  await using server = new OddServer();
  await using proxy = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const response = await createTask(() => fetch(server.url("/chunks")));
      return request.url.endsWith("/body") ? new Response(response.body) : response;
    },
  );
  for (const path of ["", "body"]) {
    const response = await globalThis.fetch(`http://127.0.0.1:${proxy.addr.port}/${path}`);
    assertEquals(await response.text(), "one,two,three");
  }
});

// Beside the rest of the toolkit

Deno.test("fetch() is drawn as the network, in the head and in the body", async () => {
  await using server = new OddServer();
  const recorded = await record(() =>
    createTask(async () => {
      await (await fetch(server.url("/text"), { method: "POST" })).text();
    }, { name: "page" })
  );
  const { waits } = recorded.spans.find(({ name }) => name === "page")!;
  assertEquals(
    waits.map(({ kind, what }) => `${kind}: ${what}`),
    new Array(2).fill(`network: POST ${server.url("/text")}`),
  );
});

Deno.test("fetch() is described without a password, and not at any length", async () => {
  const recorded = await record(() =>
    createTask(() => fetch(`http://me:secret@127.0.0.1:1/${"x".repeat(1_000)}`).catch(() => {}), { name: "page" })
  );
  const [wait] = recorded.spans.find(({ name }) => name === "page")!.waits;
  assertEquals(wait!.what.slice(0, 30), "GET http://127.0.0.1:1/xxxxxxx");
  assert(wait!.what.length < 130);
});

Deno.test("virtualTime() stands still while fetch() is under way, and while its body is read", async () => {
  await using server = new OddServer();
  await virtualTime(async (clock) => {
    assertEquals(await timeout(10, async () => await (await fetch(server.url("/chunks"))).text()), "one,two,three");
    assertEquals(clock.now(), 0);
    const response = await fetch(server.url("/chunks"));
    await sleep(1_000);
    assertEquals([await response.text(), clock.now()], ["one,two,three", 1_000]);
  });
});

Deno.test("fetch() calls what has been put in the place of the platform's", async () => {
  const { fetch: real } = globalThis;
  globalThis.fetch = () => Promise.resolve(new Response("mocked"));
  try {
    assertEquals(await createTask(async () => await (await fetch("x:")).text()), "mocked");
  } finally {
    globalThis.fetch = real;
  }
});
