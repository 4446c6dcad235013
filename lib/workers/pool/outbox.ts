import type { RunningWorker } from "../backends/backend.ts";
import { type Call, extrasOf } from "../call/call.ts";
import { encodeError } from "../inside/error_codec.ts";
import { type CloneCheck, cloneCheck, copyBuffers } from "../inside/cloning.ts";
import { type SharedMemory, SLOTS } from "../wire/shared_memory.ts";
import { type Answer, type CallMessage, To, type ToWorker } from "../wire/protocol.ts";
import type { Initializer } from "./options.ts";
import { WorkerDataError } from "../call/worker_error.ts";

/** What can be cloned into another process, and into another thread of this one. */
const apart = cloneCheck(true);
const together = cloneCheck(false);

/** What is to be sent to one worker: calls of one turn go as one message. */
export class Outbox {
  /** Functions whose code the worker has. */
  readonly #known = new Set<number>();
  #messages: ToWorker[] = [];
  readonly #shared: SharedMemory | null;
  readonly #onUnsendable: (id: number, cause: unknown) => void;
  readonly #check: CloneCheck;

  /**
   * @param shared The memory that the worker shares.
   * @param onUnsendable Told of each call that could not be sent.
   */
  constructor(shared: SharedMemory | null, onUnsendable: (id: number, cause: unknown) => void) {
    this.#shared = shared;
    this.#onUnsendable = onUnsendable;
    this.#check = shared === null ? apart : together;
  }

  /** Put a call in, and before it the code of its function, if the worker does not have that. */
  add(call: Call, worker: RunningWorker): void {
    const { source, args, transfer } = call.request;
    const sent = call.bridge === null ? args as unknown[] : args.map((arg) => call.bridge!.wrap(arg));
    if (!call.light && this.#check.losesAny(sent)) throw this.unsendable(args, call.bridge !== null);
    if (!this.#known.has(source.id)) {
      this.#known.add(source.id);
      this.#messages.push([To.DEFINE, source.id, source.code]);
    }
    const extras = extrasOf(call);
    if (extras === undefined && transfer === undefined && call.slot >= 0) {
      if (this.#shared!.store(call.slot, call.id, source.id, sent)) return this.#tell(call.slot);
    }
    const copied = transfer === undefined && !call.light ? copyBuffers(sent) : null;
    const values = copied?.values ?? sent;
    const message: CallMessage = extras === undefined
      ? [To.CALL, call.id, source.id, call.slot, values]
      : [To.CALL, call.id, source.id, call.slot, values, extras];
    const handedOver = transfer ?? copied?.transfer;
    if (handedOver === undefined) {
      this.#messages.push(message);
    } else {
      this.flush(worker);
      this.#postCall(worker, message, handedOver);
    }
  }

  /** Put the initializer in, as the call `id`. */
  addInitializer({ source, args }: Initializer, id: number): void {
    if (this.#check.losesAny(args)) throw this.unsendable(args, false);
    this.#known.add(source.id);
    this.#messages.push([To.DEFINE, source.id, source.code]);
    this.#messages.push([To.CALL, id, source.id, -1, args as unknown[], { name: "initializer", discard: true }]);
  }

  /** Tell of the call in `slot`. */
  #tell(slot: number): void {
    const last = this.#messages.at(-1);
    if (typeof last === "number" && (last + Math.floor(last / SLOTS)) % SLOTS === slot) {
      this.#messages[this.#messages.length - 1] = last + SLOTS;
    } else {
      this.#messages.push(SLOTS + slot);
    }
  }

  /** Send what is in it. */
  flush(worker: RunningWorker): void {
    const messages = this.#messages;
    if (messages.length === 0) return;
    this.#messages = [];
    try {
      worker.post(messages.length === 1 ? messages[0]! : [To.BATCH, messages], []);
    } catch {
      // One of them cannot be cloned. It must not take the others with it.
      for (const message of messages) {
        if (typeof message === "object" && message[0] === To.CALL) this.#postCall(worker, message, []);
        else worker.post(message, []);
      }
    }
  }

  #postCall(worker: RunningWorker, message: CallMessage, transfer: Transferable[]): void {
    try {
      worker.post(message, transfer);
    } catch (error) {
      this.#onUnsendable(message[1], error);
    }
  }

  /** The error for arguments that could not be sent: it names the part that cannot be cloned, if it was that. */
  unsendable(args: readonly unknown[], bridged: boolean, cause?: unknown): unknown {
    if (cause instanceof WorkerDataError) return cause;
    for (const [index, arg] of args.entries()) {
      const found = this.#check.find(arg, `argument ${index}`, bridged);
      if (found !== null) return new WorkerDataError(found.path, found.what, { cause });
    }
    // Cloning needs stack for each level, and its error says only that the stack is full.
    if (!(cause instanceof RangeError)) return cause;
    const deepest = args.findIndex((arg) => !clones(arg));
    return new WorkerDataError(`argument ${Math.max(deepest, 0)}`, "something nested too deeply", { cause });
  }

  /** Send what a function of the caller's has returned or thrown, or why that cannot be sent. */
  answer(worker: RunningWorker, [op, reply, succeeded, value]: Answer): void {
    try {
      if (this.#check.losesAny(value)) throw new TypeError("Cannot send all of it");
      worker.post([op, reply, succeeded, value], []);
    } catch (cause) {
      const found = this.#check.find(value, "the result of a callback");
      const error = found === null ? cause : new WorkerDataError(found.path, found.what, { cause });
      worker.post([op, reply, false, encodeError(error)], []);
    }
  }
}

function clones(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
