import type { CloneCheck } from "./uncloneable.ts";
import type { SendValue, WorkerCall, WorkerKit, WorkerPort } from "./kit.ts";

/**
 * Part of the program inside a worker: send what a generator yields, as far ahead as its reader allows. Resolves to what
 * it returns. When the call is cancelled, the generator's `finally` runs. Arrives as text: may use nothing outside of
 * itself.
 *
 * A message costs more than most values. What is yielded in quick succession goes as one; but a generator that takes its
 * time has each value sent as it is yielded, since what keeps the thread busy keeps what is not sent yet from its reader.
 */
export async function workerStream(
  kit: WorkerKit,
  call: WorkerCall,
  source: unknown,
  port: WorkerPort,
  send: SendValue,
  check: CloneCheck,
): Promise<unknown> {
  const { YIELD } = kit.wire.From;
  /** Milliseconds that a quick step takes at most, and how many of them there are to be for each value held back. */
  const QUICK = 0.1, RUN = 4;
  source = await source;
  const iterable = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined;
  const iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined = iterable?.[Symbol.asyncIterator]?.() ??
    iterable?.[Symbol.iterator]?.();
  if (iterator === undefined) {
    throw new TypeError(`Cannot stream from the function as it returned nothing to iterate over`);
  }
  const isSync = iterable?.[Symbol.asyncIterator] === undefined;
  let credit = call.extras.stream!;
  let wake: (() => void) | null = null;
  call.onCredit = (more) => {
    credit += more;
    wake?.();
  };
  const previous = call.onAbort;
  call.onAbort = () => {
    previous?.();
    wake?.();
  };

  let outbox: unknown[] = [];
  let sent = 0;
  let quick = 0;
  let before = performance.now();
  let turn = before;

  function flush(): void {
    const values = outbox;
    outbox = [];
    if (values.length === 0) return;
    try {
      if (check.losesAny(values)) throw new TypeError("Cannot send all of them");
      port.post([YIELD, call.id, values]);
    } catch {
      // One of them cannot be cloned: those before it arrive.
      for (const [index, value] of values.entries()) {
        send(value, `value ${sent + index}`, (value) => [YIELD, call.id, [value]]);
      }
    }
    sent += values.length;
  }

  function isPlain(value: unknown): boolean {
    return value === null || !["object", "function", "symbol"].includes(typeof value);
  }

  function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
    return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
  }

  async function nextTurn(): Promise<void> {
    flush();
    // Whether it was cancelled, or its reader has gone, comes as a message.
    await new Promise((resolve) => setImmediate(resolve));
    turn = before = performance.now();
  }

  async function waited<T>(promise: PromiseLike<T>): Promise<T> {
    // Whatever it is that takes time, what was yielded before need not wait for it.
    const late = outbox.length > 0 ? setImmediate(flush) : undefined;
    try {
      return await promise;
    } finally {
      clearImmediate(late);
    }
  }

  /** A generator that returns or throws has finished by itself. */
  let finished = false;
  try {
    for (;;) {
      if (credit <= 0) flush();
      while (credit <= 0 && call.reason === undefined) {
        await new Promise<void>((resolve) => wake = resolve);
        turn = before = performance.now();
      }
      if (call.reason !== undefined) throw call.reason;
      finished = true;
      let step = iterator.next();
      if (isThenable(step)) step = await waited(step);
      if (step.done) return step.value;
      finished = false;
      let { value } = step;
      // As `for await` does.
      if (isSync && isThenable<unknown>(value)) value = await waited(value);
      credit--;
      const now = performance.now();
      quick = now - before < QUICK ? quick + 1 : 0;
      before = now;
      outbox.push(value);
      // What is no plain value the generator may go on to change.
      if (!isPlain(value) || outbox.length > quick / RUN) flush();
      if (now - turn > 1) await nextTurn();
    }
  } finally {
    flush();
    if (!finished) await iterator.return?.();
  }
}
