import type { WorkerHost } from "../../core/host.ts";
import type { Boot, CallExtras, CallMessage, Code, ErrorEnvelope, FromWorker, ToWorker } from "../wire/protocol.ts";
import type { Uncloneable } from "./cloning.ts";
import type { WorkerCall, WorkerKit, WorkerPort } from "./kit.ts";

// More than 300 lines, as it travels as one text, and its parts that stand alone have files of their own.

/**
 * The program inside every worker: it takes calls in order and runs one at a time. It arrives there as text, so that it
 * starts with no permission and from anywhere; it may therefore use nothing outside of itself but what it is given.
 */
export function workerMain(kit: WorkerKit, port: WorkerPort, boot: Boot): void {
  const { CALL, DEFINE, BATCH, CANCEL, REPLY, ABORT, CREDIT, PING } = kit.wire.To;
  const { READY, RESULT, ERROR, SEEN, FAULT, FLUSH, PONG } = kit.wire.From;
  const memory = boot.shared === null ? null : kit.workerMemory(kit.wire, boot.shared);
  const check = kit.cloneCheck(boot.shared === null);

  /** How many of the errors left behind are told of. */
  const MOST_LEFT = 10;
  const NO_EXTRAS: CallExtras = {};
  const functions = new Map<number, { fn: unknown; code: Code; url: string }>();
  const bridge = kit.workerBridge(kit, sendValue, memory);
  /** What was wrong with values that could not be sent, by the errors that say so. */
  const unsent = new WeakMap<object, Uncloneable>();
  /** What is to be done, in order: messages, and slots of the shared memory. */
  let inbox: (CallMessage | number)[] = [];
  let head = 0;
  let current: WorkerCall | null = null;
  let draining = false;
  let executing = false;
  let unflushed = 0;
  let lastPost = 0;
  /** Errors that calls which have ended left behind. */
  let leftBehind = 0;

  class Running implements WorkerCall {
    readonly id: number;
    readonly fn: number;
    readonly slot: number;
    readonly extras: CallExtras;
    reason: unknown = undefined;
    ended = false;
    onCancel: ((reason: unknown) => void) | null = null;
    onEnd: (() => Promise<void>) | null = null;
    onAbort: (() => void) | null = null;
    onCredit: ((credit: number) => void) | null = null;
    #controller: AbortController | null = null;

    constructor(message: CallMessage) {
      this.id = message[1];
      this.fn = message[2];
      this.slot = message[3];
      this.extras = message[5] ?? NO_EXTRAS;
    }

    get name(): string {
      return this.extras.name ?? "";
    }

    get deadline(): number {
      return this.extras.deadline ?? Infinity;
    }

    get signal(): AbortSignal {
      if (this.#controller === null) {
        const made = this.#controller = new AbortController();
        // A stream listens as well.
        const { onAbort } = this;
        this.onAbort = () => {
          onAbort?.();
          made.abort(this.reason);
        };
        if (this.reason !== undefined) made.abort(this.reason);
      }
      return this.#controller.signal;
    }

    checkpointSync(): void {
      // The event loop may be blocked, and the message with the reason behind it.
      if (this.reason === undefined && memory?.cancelled(this.id)) {
        cancel(this, new DOMException("The call was cancelled", "AbortError"));
      }
      if (this.reason !== undefined) throw this.reason;
    }

    progress(value: unknown): void {
      if (!this.ended) bridge.progress(this, value);
    }
  }

  const invoke = (call: WorkerCall, fn: unknown, args: unknown[]) => Reflect.apply(fn as () => unknown, call, args);

  function cancel(call: WorkerCall, reason: unknown): void {
    if (call.reason !== undefined || call.ended) return;
    call.reason = reason;
    call.onCancel?.(reason);
    call.onAbort?.();
    bridge.cancelled(call);
  }

  /** Run what has arrived, in order, until something takes time. */
  function drain(): void {
    if (draining) return;
    draining = true;
    while (current === null && head < inbox.length) {
      const next = inbox[head++]!;
      if (head === inbox.length) {
        inbox = [];
        head = 0;
      }
      begin(next);
    }
    draining = false;
    if (unflushed > 0) flush();
  }

  function begin(next: CallMessage | number): void {
    const slot = typeof next === "number" ? next : next[3];
    if (slot >= 0 && !memory!.claim(slot)) return;
    const message = typeof next === "number" ? memory!.call(next) : next;
    const call = current = new Running(message);
    // Before its code is there: a signal may fire meanwhile.
    const args = call.extras.bridged ? bridge.unwrap(call, message[4]) as unknown[] : message[4];
    const definition = functions.get(message[2])!;
    if (typeof definition.fn === "function") return execute(call, definition.fn, args);
    const { code: [kind, , name], url } = definition;
    port.load(url).then((exports) => {
      const fn = exports[kind === "module" ? name : "default"];
      if (typeof fn === "function") return execute(call, definition.fn = fn, args);
      const error = new TypeError(`Cannot call "${name}" as ${url} exports no such function`);
      failToLoad(call, "export", url, error);
    }, (error) => failToLoad(call, "load", url, error));
  }

  function urlOf([kind, text, name]: Code): string {
    if (kind === "module") return text;
    // What some bundlers make of a function refers to this helper of theirs.
    const helper = kit.helpers.filter((helper) => text.includes(`${helper}(`))
      .map((helper) => `const ${helper}=(fn,value)=>Object.defineProperty(fn,"name",{value,configurable:true});`).join(
        "",
      );
    // As a module, since code that went through `eval` runs a third slower. The name, a comment, tells functions apart.
    return `data:text/javascript,/*${encodeURIComponent(name.replaceAll("*", ""))}*/${
      encodeURIComponent(`${helper}export default ${text};`)
    }`;
  }

  function failToLoad(call: WorkerCall, as: "load" | "export", url: string, error: unknown): void {
    end(call, false, { ...tidy(kit.encodeError(error)), as, about: url }, true);
  }

  function execute(call: WorkerCall, fn: unknown, args: unknown[]): void {
    let result: unknown;
    executing = true;
    try {
      result = call.extras.trace === undefined
        ? port.context.run(call, invoke, call, fn, args)
        : kit.workerTrace(call.extras.trace, () => port.context.run(call, invoke, call, fn, args));
      if (call.extras.stream !== undefined) result = kit.workerStream(kit, call, result, port, sendValue, check);
    } catch (error) {
      executing = false;
      return end(call, false, error);
    }
    executing = false;
    let isPromise: boolean;
    try {
      isPromise = typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function";
    } catch (error) {
      return end(call, false, error);
    }
    if (!isPromise) return end(call, true, result);
    if (unflushed > 0) flush();
    Promise.resolve(result).then((value) => end(call, true, value), (error) => end(call, false, error));
  }

  /** The function has ended; the call has when all that the function started has. */
  function end(call: WorkerCall, succeeded: boolean, outcome: unknown, encoded = false): void {
    if (call.onEnd === null) return settle(call, succeeded, outcome, encoded);
    call.onEnd().then(() => settle(call, succeeded, outcome, encoded), (error) => settle(call, false, error, false));
  }

  function settle(call: WorkerCall, succeeded: boolean, outcome: unknown, encoded: boolean): void {
    if (call.ended) return;
    call.ended = true;
    bridge.ended(call);
    try {
      if (succeeded) succeed(call, call.extras.discard ? undefined : outcome);
      else fail(call, encoded ? outcome as ErrorEnvelope : explain(call, outcome));
    } catch {
      // A function may have changed what all objects and arrays have; an answer it gets all the same.
      const message = "Cannot tell how the function has ended, as it has changed what that takes";
      port.post([ERROR, call.id, { kind: "error", class: "Error", name: "Error", message }]);
    }
    current = null;
    drain();
  }

  function succeed(call: WorkerCall, value: unknown): void {
    if (call.slot >= 0 && memory!.store(call.slot, value)) {
      // Where nothing waits, what follows is a flush anyway.
      if (++unflushed >= 64 || (head < inbox.length && performance.now() - lastPost > 1)) flush();
      return;
    }
    unflushed = 0;
    try {
      if (handOver(call, value)) return;
      sendValue(value, "the result", (sent) => [RESULT, call.id, sent]);
    } catch (error) {
      fail(call, explain(call, error));
    }
  }

  /** Send a result with buffers that change hands, if there are any, and if they can. */
  function handOver(call: WorkerCall, value: unknown): boolean {
    const copied = call.extras.transferResult ? null : kit.copyBuffers([value]);
    const transfer = call.extras.transferResult ? bridge.transferables(value, false) : copied?.transfer ?? [];
    if (transfer.length === 0 || check.losesAny(value)) return false;
    try {
      port.post([RESULT, call.id, copied === null ? value : copied.values[0]], transfer);
      return true;
    } catch {
      // Some buffers are not for sale: those that Node's small ones lie in together.
      return false;
    }
  }

  function sendValue(value: unknown, path: string, wrap: (value: unknown) => FromWorker): void {
    if (check.losesAny(value)) throw unsendable(value, path, undefined);
    try {
      port.post(wrap(value));
    } catch (error) {
      try {
        // Streams and ports can only change hands.
        const transfer = bridge.transferables(value, true);
        if (transfer.length === 0) throw error;
        port.post(wrap(value), transfer);
      } catch (error) {
        throw unsendable(value, path, error);
      }
    }
  }

  function unsendable(value: unknown, name: string, cause: unknown): DOMException {
    const found = check.find(value, name) ?? {
      path: name,
      what: cause instanceof RangeError ? "something nested too deeply" : "something in it",
    };
    const error = new DOMException(
      `Cannot copy ${found.path} to another worker as ${found.what} cannot be cloned`,
      "DataCloneError",
    );
    unsent.set(error, found);
    return error;
  }

  function flush(): void {
    unflushed = 0;
    if (head < inbox.length) lastPost = performance.now();
    port.post(FLUSH);
  }

  function fail(call: WorkerCall, envelope: ErrorEnvelope): void {
    unflushed = 0;
    try {
      port.post([ERROR, call.id, envelope]);
    } catch {
      // Its fields and causes are too much in sum: what it says arrives.
      const { cause: _cause, errors: _errors, pair: _pair, fields: _fields, ...told } = envelope;
      port.post([ERROR, call.id, told]);
    }
  }

  /** Take an error apart, and add what only the worker knows of it. */
  function explain(call: WorkerCall, error: unknown): ErrorEnvelope {
    const envelope = kit.encodeError(error);
    const unsendable = typeof error === "object" && error !== null ? unsent.get(error) : undefined;
    if (unsendable !== undefined) return { ...envelope, as: "clone", about: unsendable.path, message: unsendable.what };
    const { url, code: [kind] } = functions.get(call.fn)!;
    // Where it comes from, not how it looks: the platform's own error of an import, or of the code that was sent.
    const { message = "", stack = "", fields } = envelope;
    const imported = fields?.code === "ERR_MODULE_NOT_FOUND" && message.includes(url);
    if (imported && kind === "source" && /^Import "\.{0,2}\/|cannot-be-a-base/.test(message)) {
      envelope.as = "relative";
    }
    if (call.reason !== undefined && (error === call.reason || envelope.name === "AbortError")) {
      envelope.as = "cancelled";
    }
    if (envelope.class === "ReferenceError" && kind === "source") {
      const variable = /^(.+) is not defined$/.exec(message)?.[1];
      const [, frame = ""] = stack.split("\n    at ");
      if (variable !== undefined && !(variable in globalThis) && frame.includes("data:text/javascript,/*")) {
        Object.assign(envelope, { as: "closure", about: variable });
      }
    }
    return tidy(envelope, url);
  }

  /** Give the code of functions a name in messages and stacks, and leave out what is this program's. */
  function tidy(envelope: ErrorEnvelope, url = ""): ErrorEnvelope {
    if (url.startsWith("data:") && envelope.message?.includes(url)) {
      // The frame that the platform puts into messages stands in the stack, too.
      envelope.message = envelope.message.replace(/\n\s+at data:[^\n]*\n?$/, "").replaceAll(url, "worker");
      if (envelope.stack !== undefined) envelope.stack = envelope.stack.replaceAll(url, "worker").replace("\n\n", "\n");
    }
    if (envelope.stack !== undefined) {
      envelope.stack = envelope.stack.split("\n")
        .filter((line) => !/^\s+at .*(asyncio:worker-program|data:text\/javascript,\/\*worker\*\/|ext:)/.test(line))
        .map((line) => line.replace(/data:text\/javascript,\/\*[^*]*\*\/.*?(:\d+:\d+\)?)$/, "worker$1"))
        .join("\n");
    }
    for (const inner of [envelope.cause, ...(envelope.errors ?? []), ...(envelope.pair ?? [])]) {
      if (inner !== undefined) tidy(inner, url);
    }
    return envelope;
  }

  function receive(message: ToWorker): void {
    if (typeof message === "number") memory!.each(message, (slot) => inbox.push(slot));
    else if (message[0] === CALL) inbox.push(message);
    else if (message[0] === BATCH) { for (const each of message[1]) receive(each); }
    else if (message[0] === DEFINE) {
      functions.set(message[1], { fn: null, code: message[2], url: urlOf(message[2]) });
    } else if (message[0] === CANCEL) {
      if (current?.id === message[1]) cancel(current, kit.decodeError(message[2]));
      port.post([SEEN, message[1]]);
    } else if (message[0] === REPLY) bridge.reply(message[1], message[2], message[3]);
    else if (message[0] === ABORT) bridge.abort(message[1], message[2]);
    // No message can arrive while a function runs, unless V8 has cut that short, as it does when memory runs out.
    else if (message[0] === PING) port.post([PONG, executing, Deno.memoryUsage().heapUsed]);
    else if (message[0] === CREDIT && current?.id === message[1]) current.onCredit?.(message[2]);
  }

  const running = (): WorkerCall | undefined => {
    const call = port.context.getStore() as WorkerCall | undefined ?? current ?? undefined;
    return call === undefined || call.ended ? undefined : call;
  };
  // Who means a variable of this name has one outside of the function, and is to be told so.
  delete (globalThis as { name?: string }).name;
  const host: WorkerHost = {
    depth: boot.depth,
    call: running,
    checkpointSync: () => running()?.checkpointSync(),
    progress: (value) => running()?.progress(value),
  };
  Object.defineProperty(globalThis, Symbol.for("@asyncio/toolkit/worker-host"), { value: host });

  kit.workerGuard(kit, port, (error, owner) => {
    // Where nothing is known of it, it may well be that of the call that runs.
    const call = owner === null ? current : owner.call as WorkerCall | undefined;
    const id = call && !call.ended ? call.id : -1;
    // A timer may throw for ever, and all that can be done has been: this worker takes no more calls.
    if (id < 0 && ++leftBehind > MOST_LEFT) return;
    port.post([FAULT, id, tidy(kit.encodeError(error))]);
  });
  port.listen((message) => {
    receive(message);
    drain();
  });
  port.post([READY]);
}
