// The states of one call, without any worker.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { currentScope } from "../../../lib/core/ambient.ts";
import { realTime } from "../../../lib/core/platform.ts";
import { virtualTime } from "../../../lib/testing/mod.ts";
import { Call, extrasOf } from "../../../lib/workers/call/call.ts";
import { sourceOf } from "../../../lib/workers/call/function_source.ts";
import { CancelledError, InvalidStateError, sleep, timeout, WorkerTimeoutError } from "../../../mod.ts";

function make(cancelled: Call[] = [], timeout?: number): Call {
  const request = {
    source: sourceOf(function named() {}),
    args: [],
    transfer: undefined,
    transferResult: false,
    timeout,
    queueTimeout: undefined,
    grace: 0,
    name: undefined,
    signal: undefined,
    stream: undefined,
    onProgress: undefined,
    trace: undefined,
    errors: [],
    site: undefined,
  };
  return new Call(currentScope(), request, { cancel: (call) => void cancelled.push(call) });
}

Deno.test("a call is put in line, sent, perhaps to another worker, and ends once", async () => {
  const call = make();
  call.queued();
  call.sent();
  call.sent();
  call.succeed("value");
  call.failBecause(new Error("too late"));
  assertEquals([await call.task, call.ended], ["value", true]);
});

Deno.test("a call refuses what its state does not allow", async () => {
  const call = make();
  assertThrows(() => call.sent(), InvalidStateError, 'cannot become "sent": current state is "made"');
  call.queued();
  assertThrows(() => call.queued(), InvalidStateError, 'current state is "queued"');
  call.sent();
  call.succeed(undefined);
  await call.task;
  assertThrows(() => call.sent(), InvalidStateError, 'current state is "ended"');
});

Deno.test("a call that is cancelled asks its keeper once, and ends when that says so", async () => {
  const asked: Call[] = [];
  const call = make(asked);
  call.queued();
  call.task.cancel();
  call.task.cancel();
  assertEquals([asked.length, call.ended, call.wanted], [1, false, false]);
  assertThrows(() => call.sent(), InvalidStateError, 'current state is "cancelled"');
  call.stoppedBy(undefined);
  await assertRejects(() => call.task, CancelledError);
  assertEquals(call.ended, true);
});

Deno.test("a call whose time is up before its worker has come to it is given that time once more", async () => {
  const asked: Call[] = [];
  const call = make(asked, 60_000);
  call.worker = { name: "busy", waits: () => true, credit() {} };
  call.queued();
  call.sent();
  call.fire();
  assertEquals([asked.length, call.timedOut, call.wanted], [0, false, true]);
  call.fire();
  assertEquals([asked.length, call.timedOut, call.wanted], [1, true, false]);
  call.stoppedBy(undefined);
  await assertRejects(() => call.task, WorkerTimeoutError, "Timed out after 60000 ms in worker call");
});

Deno.test("a call whose time is up while its worker runs it is cancelled at once", async () => {
  const asked: Call[] = [];
  const call = make(asked, 60_000);
  call.worker = { name: "busy", waits: () => false, credit() {} };
  call.queued();
  call.sent();
  call.fire();
  assertEquals([asked.length, call.timedOut], [1, true]);
  call.stoppedBy("terminated");
  const error = await assertRejects(() => call.task, WorkerTimeoutError);
  assertEquals(error.stopped, "terminated");
});

Deno.test("a call tells its worker its deadline by the real date, however far virtual time is", async () => {
  await virtualTime(async () => {
    await sleep(86_400_000);
    await timeout(1_000, () => {
      const call = make();
      const { deadline } = extrasOf(call)!;
      call.queued();
      call.succeed(undefined);
      assert(deadline! - realTime.sinceEpoch() <= 1_000);
      return Promise.resolve();
    });
  }, { globals: true });
});
