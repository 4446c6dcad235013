import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, currentTask, InvalidStateError, sleep } from "../../mod.ts";
import { lines, type LineSource } from "../../lib/flow/mod.ts";
import { asyncTest } from "../../lib/testing/mod.ts";
import { turn } from "../core/manual_clock.ts";
import { started } from "../tasks/watch_tasks.ts";

async function* chunks(...items: (Uint8Array | string)[]): AsyncGenerator<Uint8Array | string> {
  yield* items;
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A stream that gives `items`, and then nothing; says why it was closed. */
function open(log: unknown[], ...items: string[]): ReadableStream<string> {
  return new ReadableStream({
    start: (controller) => items.forEach((item) => controller.enqueue(item)),
    cancel: (reason) => void log.push(["closed", reason]),
  });
}

const CASES: Record<string, [chunks: (Uint8Array | string)[], lines: string[]]> = {
  "nothing": [[], []],
  "an empty chunk": [["", new Uint8Array()], []],
  "a line without an end": [["one"], ["one"]],
  "a line": [["one\n"], ["one"]],
  "empty lines": [["\n\n"], ["", ""]],
  "every way to end a line": [["one\r\ntwo\rthree\n\rfour"], ["one", "two", "three", "", "four"]],
  "progress that overwrites itself": [["10%\r20%\r"], ["10%", "20%"]],
  "a line in pieces": [["o", "n", "e\ntw", "o"], ["one", "two"]],
  "an end in pieces": [["one\r", "", "\ntwo\r", "three"], ["one", "two", "three"]],
  "a character in pieces": [[bytes("é").slice(0, 1), bytes("é").slice(1), "\n"], ["é"]],
  "half a character": [[bytes("é").slice(0, 1)], ["\ufffd"]],
  "half a character, and text": [[bytes("é").slice(0, 1), "x\n"], ["\ufffdx"]],
  "what is no UTF-8": [[new Uint8Array([0xff, 10, 0])], ["\ufffd", "\0"]],
  "a mark of the byte order": [["\ufeffone\n", bytes("\ufefftwo\n")], ["\ufeffone", "two"]],
};

for (const [what, [given, expected]] of Object.entries(CASES)) {
  asyncTest(`lines() gives the lines of ${what}`, async () => {
    assertEquals(await Array.fromAsync(lines(chunks(...given))), expected);
  });
}

asyncTest("lines() asks for the next chunk once the lines of the last one are given", async () => {
  let asked = 0;
  const source = new ReadableStream<string>({ pull: (c) => c.enqueue(`${++asked}a\n${asked}b\n`) }, {
    highWaterMark: 0,
  });
  const seen: [string, number][] = [];
  for await (const line of lines(source)) if (seen.push([line, asked]) === 3) break;
  assertEquals(seen, [["1a", 1], ["1b", 1], ["2a", 2]]);
});

asyncTest("lines() closes its source when the loop is left", async () => {
  const log: unknown[] = [];
  for await (const _ of lines(open(log, "one\ntwo\n"))) break;
  assertEquals(log, [["closed", undefined]]);
});

asyncTest("lines() ends a step that waits when the loop is left", async () => {
  const log: unknown[] = [];
  const reading = lines(open(log));
  const step = reading.next();
  await assertRejects(() => reading.next(), InvalidStateError, "next step of lines()");
  await reading.return!();
  assertEquals([await step, await reading.next()], [{ done: true, value: undefined }, {
    done: true,
    value: undefined,
  }]);
  assertEquals(log.length, 1);
});

for (const [when, given] of [["while it waits", []], ["while it has lines", ["one\ntwo\nthree\n"]]] as const) {
  asyncTest(`lines() closes its source when the loop is cancelled ${when}`, async () => {
    const log: unknown[] = [];
    const { task } = await started(async () => {
      for await (const _ of lines(open(log, ...given))) currentTask()!.cancel();
    });
    await turn();
    task.cancel();
    const error = await assertRejects(() => task, CancelledError);
    await turn();
    assertEquals(log, [["closed", error]]);
  });

  asyncTest(`lines() stops with its signal ${when}, and throws the reason`, async () => {
    const log: unknown[] = [];
    const controller = new AbortController();
    const reason = new Error("enough");
    const { task } = await started(async () => {
      for await (const _ of lines(open(log, ...given), { signal: controller.signal })) controller.abort(reason);
    });
    await turn();
    controller.abort(reason);
    await assertRejects(() => task, Error, "enough");
    await turn();
    assertEquals(log, [["closed", reason]]);
  });
}

asyncTest("lines() closes its source when the function that began it has ended", async () => {
  const log: unknown[] = [];
  const { task } = await started(async () => void (await lines(open(log, "one\ntwo\n")).next()));
  await task;
  await turn();
  assertEquals(log.length, 1);
});

asyncTest("lines() gives what came before its source failed, and then the error, once", async () => {
  const reading = lines(async function* () {
    yield "one\ntw";
    throw new Error("broken");
  }());
  assertEquals((await reading.next()).value, "one");
  await assertRejects(() => reading.next(), Error, "broken");
  assertEquals((await reading.next()).done, true);
});

asyncTest("lines() fails for a line that is too long, after those before it, and keeps none of it", async () => {
  for (const given of [["ok\n", "12345", "6\nmore\n"], ["ok\n123456\nmore\n"], ["ok\n123456"]]) {
    const log: string[] = [];
    const seen: string[] = [];
    const source = async function* () {
      try {
        yield* given;
        await sleep(Infinity);
      } finally {
        log.push("closed");
      }
    }();
    const error = await assertRejects(async () => {
      for await (const line of lines(source, { max: 5 })) seen.push(line);
    }, RangeError);
    assertEquals(error.message, "Cannot read a line as it is longer than max: current value is 5");
    assertEquals([seen, log], [["ok"], ["closed"]]);
  }
  assertEquals(await Array.fromAsync(lines(chunks("12345", "\n12345\r\n12345"), { max: 5 })), Array(3).fill("12345"));
});

Deno.test("lines() refuses what it cannot read, and a max that means nothing", () => {
  for (const source of [null, undefined, "text", ["one\n"], {}]) {
    assertThrows(() => lines(source as unknown as LineSource), TypeError, "Cannot read lines as a stream");
  }
  for (const max of [0, -1, NaN, 1.5]) assertThrows(() => lines(chunks(), { max }), RangeError, "max");
});
