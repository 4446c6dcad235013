import { linkSignal, type SignalLink } from "../../core/signal_link.ts";
import { encodeError } from "../inside/error_codec.ts";
import { type Answer, BRIDGED, type Bridged, type ErrorEnvelope, To } from "../wire/protocol.ts";

/** Functions of the toolkit that work on the other side as they are, by what stands for them there. */
const NATIVE = new Map<unknown, "checkpointSync" | "progress">();

/** Have `fn`, as an argument, stand for the worker's own version of it. */
export function bridgeNatively(fn: unknown, as: "checkpointSync" | "progress"): void {
  NATIVE.set(fn, as);
}

/**
 * Whether `value` holds anything that cannot travel by itself. Never throws: what cannot be read is for the sender to find
 * out.
 */
export function needsBridge(value: unknown): boolean {
  const seen = new Set<unknown>();
  // Of its own making, since data may be nested deeper than calls.
  const stack = [value];
  try {
    while (stack.length > 0) {
      const each = stack.pop();
      if (typeof each === "function" || each instanceof AbortSignal) return true;
      if (typeof each !== "object" || each === null || seen.has(each)) continue;
      const isArray = Array.isArray(each);
      if (!isArray && !isPlain(each)) continue;
      seen.add(each);
      for (const part of isArray ? each : Object.values(each)) {
        if ((typeof part === "object" && part !== null) || typeof part === "function") stack.push(part);
      }
    }
  } catch {
    // A getter that throws, or a proxy that was revoked.
  }
  return false;
}

/** Told of what happens on this side to something that was handed to the other. */
export interface BridgeListener {
  onSignal(id: number, reason: ErrorEnvelope): void;
}

let lastSignal = 0;

/** The functions and signals in the arguments of one call, until it ends. */
export class Bridge {
  readonly #functions: ((...args: unknown[]) => unknown)[] = [];
  readonly #links: SignalLink[] = [];
  readonly #listener: BridgeListener;

  constructor(listener: BridgeListener) {
    this.#listener = listener;
  }

  /** A copy of `value` with something that can travel in the place of what cannot. */
  wrap(value: unknown, copies: Map<unknown, unknown> = new Map()): unknown {
    if (typeof value === "function") return this.#wrapFunction(value as (...args: unknown[]) => unknown);
    if (value instanceof AbortSignal) return this.#wrapSignal(value);
    if (typeof value !== "object" || value === null) return value;
    if (copies.has(value)) return copies.get(value);
    if (Array.isArray(value)) {
      const copy: unknown[] = [];
      copies.set(value, copy);
      for (const part of value) copy.push(this.wrap(part, copies));
      return copy;
    }
    if (!isPlain(value)) return value;
    const copy: Record<string, unknown> = {};
    copies.set(value, copy);
    for (const [key, part] of Object.entries(value)) copy[key] = this.wrap(part, copies);
    return copy;
  }

  /** Whether `id` stands for a function. */
  has(id: number): boolean {
    return this.#functions[id] !== undefined;
  }

  /** Call the function that `id` stands for; the answer is for the other side. */
  async answer(id: number, args: unknown[], reply: number): Promise<Answer> {
    try {
      return [To.REPLY, reply, true, await this.#functions[id]!(...args)];
    } catch (error) {
      return [To.REPLY, reply, false, encodeError(error)];
    }
  }

  /** Let go of everything. */
  release(): void {
    for (const link of this.#links) link.unlink();
    this.#functions.length = 0;
  }

  #wrapFunction(fn: (...args: unknown[]) => unknown): Bridged {
    const native = NATIVE.get(fn);
    if (native !== undefined) return { [BRIDGED]: native, id: 0 };
    let id = this.#functions.indexOf(fn);
    if (id < 0) id = this.#functions.push(fn) - 1;
    return { [BRIDGED]: "function", id };
  }

  #wrapSignal(signal: AbortSignal): Bridged {
    const id = ++lastSignal;
    if (signal.aborted) return { [BRIDGED]: "signal", id, reason: encodeError(signal.reason) };
    this.#links.push(linkSignal(signal, { abort: (reason) => this.#listener.onSignal(id, encodeError(reason)) }));
    return { [BRIDGED]: "signal", id };
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
