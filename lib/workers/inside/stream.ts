import type { WorkerCall, WorkerPort } from "./kit.ts";

/**
 * Part of the program inside a worker: send what a generator yields, as far ahead as its reader allows. Resolves to what
 * it returns. When the call is cancelled, the generator's `finally` runs. Arrives as text: may use nothing outside of
 * itself.
 */
export async function workerStream(call: WorkerCall, source: unknown, port: WorkerPort): Promise<unknown> {
  const YIELD = 5, BATCH = 3;
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

  let outbox: [op: 5, id: number, value: unknown][] = [];
  let since = performance.now();
  function flush(): void {
    since = performance.now();
    const values = outbox;
    outbox = [];
    if (values.length === 1) port.post(values[0]!);
    else if (values.length > 1) port.post([BATCH, values]);
  }

  let finished = false;
  try {
    for (;;) {
      while (credit <= 0 && call.reason === undefined) {
        flush();
        await new Promise<void>((resolve) => wake = resolve);
      }
      if (call.reason !== undefined) throw call.reason;
      let step = iterator.next();
      if (step instanceof Promise) {
        if (outbox.length > 0 && performance.now() - since > 1) flush();
        step = await step;
      }
      if ((step as IteratorResult<unknown>).done) {
        finished = true;
        return (step as IteratorResult<unknown>).value;
      }
      let { value } = step as IteratorResult<unknown>;
      if (isSync && typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function") {
        // As `for await` does.
        if (outbox.length > 0) flush();
        value = await value;
      }
      credit--;
      outbox.push([YIELD, call.id, value]);
      if (performance.now() - since > 1) {
        flush();
        // Whether it was cancelled, or its reader has gone, comes as a message.
        await new Promise<void>((resolve) => setTimeout(resolve, 0));
      }
    }
  } catch (error) {
    // A generator that threw has finished by itself.
    if (error !== call.reason) finished = true;
    throw error;
  } finally {
    flush();
    if (!finished) await iterator.return?.();
  }
}
