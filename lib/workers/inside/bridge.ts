import type { Bridged, ErrorEnvelope } from "../wire/protocol.ts";
import type { SendValue, WorkerBridge, WorkerCall, WorkerKit, WorkerMemory, WorkerPort } from "./kit.ts";
import type { CloneCheck } from "./cloning.ts";

/**
 * Part of the program inside a worker: functions, signals and buffers that cross the border. Arrives as text: may use
 * nothing outside of itself.
 */
export function workerBridge(kit: WorkerKit, send: SendValue, memory: WorkerMemory | null): WorkerBridge {
  const { BRIDGED, From: { CALLBACK } } = kit.wire;
  let lastReply = 0;
  const replies = new Map<number, { call: WorkerCall; resolve(value: unknown): void; reject(error: unknown): void }>();
  const controllers = new Map<number, { call: WorkerCall; controller: AbortController }>();

  function callback(call: WorkerCall, id: number): (...args: unknown[]) => Promise<unknown> {
    return async (...args) => {
      if (call.ended) {
        throw new Error("Cannot call a function of the caller as the call that it was handed to has ended");
      }
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const reply = ++lastReply;
      send(args, "the arguments of a callback", (sent) => [CALLBACK, call.id, id, reply, sent as unknown[]]);
      replies.set(reply, { call, resolve, reject });
      return await promise;
    };
  }

  function signal(call: WorkerCall, { id, reason }: Bridged): AbortSignal {
    const controller = new AbortController();
    if (reason !== undefined) controller.abort(kit.decodeError(reason));
    else controllers.set(id, { call, controller });
    return controller.signal;
  }

  /** How many reports of progress may be under way; and how often one is sent, in milliseconds, where nobody tells that. */
  const MOST_REPORTS = 64, EVERY = 20;
  let reported = 0;
  /** The latest report, when there was no room for it. */
  let pending: { call: WorkerCall; value: unknown } | null = null;
  let reminder: ReturnType<typeof setTimeout> | undefined;
  let room = MOST_REPORTS;
  let roomAt = performance.now();

  /** Whether a report can be sent. Where memory is shared, that is told also while the event loop is blocked. */
  function hasRoom(): boolean {
    if (memory !== null) return ((reported - memory.progressed()) | 0) < MOST_REPORTS;
    const now = performance.now();
    room = Math.min(MOST_REPORTS, room + (now - roomAt) / EVERY);
    roomAt = now;
    return room >= 1;
  }

  function report(call: WorkerCall, value: unknown): void {
    pending = null;
    reported++;
    room--;
    send(value, "the progress", (sent) => [CALLBACK, call.id, -1, -1, [sent]]);
  }

  /** Send the latest report. */
  function catchUp(): void {
    if (pending === null) return;
    try {
      report(pending.call, pending.value);
    } catch {
      // It cannot be cloned, and whoever made it has gone on.
    }
  }

  function remind(): void {
    reminder = undefined;
    if (pending === null || hasRoom()) catchUp();
    else reminder = setTimeout(remind, EVERY);
  }

  function unwrap(call: WorkerCall, value: unknown, seen: Set<unknown>): unknown {
    if (typeof value !== "object" || value === null || seen.has(value)) return value;
    const bridged = value as Partial<Bridged>;
    switch (bridged[BRIDGED]) {
      case "function":
        return callback(call, bridged.id!);
      case "signal":
        return signal(call, bridged as Bridged);
      case "checkpointSync":
        return () => call.checkpointSync();
      case "progress":
        return (value: unknown) => call.progress(value);
    }
    seen.add(value);
    if (Array.isArray(value)) {
      for (const [index, part] of value.entries()) value[index] = unwrap(call, part, seen);
    } else if (Object.getPrototypeOf(value) === Object.prototype) {
      const record = value as Record<string, unknown>;
      for (const key of Object.keys(record)) record[key] = unwrap(call, record[key], seen);
    }
    return value;
  }

  function transferables(value: unknown, onlyWhatMust: boolean): Transferable[] {
    const found = new Set<Transferable>();
    const seen = new Set<unknown>();
    const stack = [value];
    while (stack.length > 0) {
      const each = stack.pop();
      if (typeof each !== "object" || each === null || seen.has(each)) continue;
      seen.add(each);
      if (
        each instanceof ReadableStream || each instanceof WritableStream || each instanceof TransformStream ||
        each instanceof MessagePort
      ) found.add(each);
      else if (each instanceof ArrayBuffer) onlyWhatMust || found.add(each);
      else if (ArrayBuffer.isView(each)) {
        onlyWhatMust || !(each.buffer instanceof ArrayBuffer) || found.add(each.buffer);
      } else if (each instanceof Map) stack.push(...each.keys(), ...each.values());
      else if (Array.isArray(each) || each instanceof Set) { for (const part of each) stack.push(part); }
      else stack.push(...Object.values(each));
    }
    return [...found];
  }

  return {
    unwrap: (call, value) => unwrap(call, value, new Set()),
    reply(reply, succeeded, value) {
      const waiting = replies.get(reply);
      replies.delete(reply);
      if (succeeded) waiting?.resolve(value);
      else waiting?.reject(kit.decodeError(value as ErrorEnvelope));
    },
    abort(signal, reason) {
      controllers.get(signal)?.controller.abort(kit.decodeError(reason));
      controllers.delete(signal);
    },
    progress(call, value) {
      if (hasRoom()) return report(call, value);
      pending = { call, value };
      reminder ??= setTimeout(remind, EVERY);
    },
    cancelled(call) {
      for (const [reply, waiting] of replies) {
        if (waiting.call !== call) continue;
        replies.delete(reply);
        waiting.reject(call.reason);
      }
    },
    ended(call) {
      catchUp();
      if (!call.extras.bridged) return;
      for (const [id, each] of controllers) each.call === call && controllers.delete(id);
      for (const [reply, each] of replies) each.call === call && replies.delete(reply);
    },
    transferables,
  };
}

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
