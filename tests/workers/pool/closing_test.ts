// What WorkerPool.close() waits for.
import { assertEquals } from "@std/assert";
import { currentScope } from "../../../lib/core/ambient.ts";
import { nextTurn } from "../../../lib/core/turn.ts";
import type { Backend, Listener } from "../../../lib/workers/backends/backend.ts";
import { Dispatcher } from "../../../lib/workers/pool/dispatcher.ts";
import { settingsOf } from "../../../lib/workers/pool/options.ts";
import { From } from "../../../lib/workers/wire/protocol.ts";

Deno.test("WorkerPool.close() waits for the end of a worker that is being stopped already", async () => {
  const gone = Promise.withResolvers<"terminated">();
  const listeners: Listener[] = [];
  const backend: Backend = {
    name: "thread",
    shares: false,
    start(_options, listener) {
      listeners.push(listener);
      return Promise.resolve({ post() {}, setRef() {}, stop: () => gone.promise });
    },
  };
  const dispatcher = new Dispatcher({ ...settingsOf({ size: 1 }), backend });
  const warm = dispatcher.warm(1, currentScope(), undefined);
  await nextTurn();
  listeners[0]!.onMessage([From.READY]);
  await warm;
  const order: string[] = [];
  const [worker] = dispatcher.workers;
  worker!.stop().then(() => order.push("stopped"));
  // It is none of the pool any more, and another has taken its place.
  assertEquals(dispatcher.workers.has(worker!), false);
  const closing = dispatcher.close(false).then(() => order.push("closed"));
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assertEquals(order, []);
  gone.resolve("terminated");
  await closing;
  assertEquals(order, ["stopped", "closed"]);
});
