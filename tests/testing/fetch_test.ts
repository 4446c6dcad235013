import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { createTask, sleep, timeout } from "../../mod.ts";
import { virtualTime } from "../../lib/testing/mod.ts";

/** A server that takes its time, on the real clock: longer than a promise of which nothing is known may take. */
function slowServer(): Deno.HttpServer<Deno.NetAddr> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
    await pause(30);
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await pause(30);
        controller.enqueue(new TextEncoder().encode("slow"));
        controller.close();
      },
    });
    return new Response(body);
  });
}

Deno.test("virtualTime() stands still while a fetch is under way, and while its body is read", async () => {
  await using server = slowServer();
  const text = await virtualTime(async (clock) => {
    const body = await timeout(10, async ({ signal }) => {
      const response = await fetch(`http://127.0.0.1:${server.addr.port}`, { signal });
      return await response.text();
    });
    assertEquals(clock.now(), 0);
    return body;
  });
  assertEquals(text, "slow");
});

Deno.test("virtualTime() goes on when a fetch has failed", async () => {
  await virtualTime(async () => {
    const nap = createTask(() => sleep(10));
    await assertRejects(() => fetch("http://127.0.0.1:1/"), TypeError);
    await nap;
  });
});

Deno.test("virtualTime() puts fetch back, whichever way it ends", async () => {
  const { fetch } = globalThis;
  await virtualTime(() => virtualTime(() => {}));
  assertStrictEquals(globalThis.fetch, fetch);
  await assertRejects(() => virtualTime(() => Promise.reject(new Error("failed"))));
  assertStrictEquals(globalThis.fetch, fetch);
});

Deno.test("virtualTime() leaves a fetch that the test has put in place", async () => {
  const { fetch } = globalThis;
  const mock = () => Promise.resolve(new Response("mocked"));
  try {
    await virtualTime(async () => {
      globalThis.fetch = mock;
      assertEquals(await (await globalThis.fetch("x:")).text(), "mocked");
    });
    assertStrictEquals(globalThis.fetch, mock);
  } finally {
    globalThis.fetch = fetch;
  }
});
