/**
 * Errors, taken apart and put together again: structured cloning loses custom names, fields, the errors of an
 * `AggregateError`, and fails on a `cause` that cannot be cloned. Both functions also run inside workers, where they
 * arrive as text, so neither may use anything outside of itself.
 */

import type { ErrorEnvelope } from "./protocol.ts";

/** Take an error, or whatever was thrown, apart. The result can always be cloned. */
export function encodeError(thrown: unknown): ErrorEnvelope {
  const seen = new Set<unknown>();
  const known = new Set(["name", "message", "stack", "cause", "errors", "error", "suppressed"]);

  function cloneable(value: unknown): unknown {
    if ((typeof value !== "object" || value === null) && typeof value !== "function" && typeof value !== "symbol") {
      return value;
    }
    try {
      return structuredClone(value);
    } catch {
      return String(value);
    }
  }

  function encode(value: unknown): ErrorEnvelope {
    if (!(value instanceof Error) || seen.has(value)) return { kind: "value", value: cloneable(value) };
    seen.add(value);
    const lineage: string[] = [];
    for (
      let prototype = Object.getPrototypeOf(value);
      prototype !== null;
      prototype = Object.getPrototypeOf(prototype)
    ) {
      const name = prototype.constructor?.name;
      if (typeof name === "string" && name !== "" && name !== "Object") lineage.push(name);
    }
    const envelope: ErrorEnvelope = {
      kind: value instanceof DOMException ? "dom" : "error",
      class: lineage[0] ?? "Error",
      bases: lineage.slice(1),
      name: String(value.name),
      message: String(value.message),
    };
    if (typeof value.stack === "string") envelope.stack = value.stack;
    if (value.cause !== undefined) envelope.cause = encode(value.cause);
    if (value instanceof AggregateError) envelope.errors = Array.from(value.errors, encode);
    if (value instanceof SuppressedError) envelope.pair = [encode(value.error), encode(value.suppressed)];
    for (const key of Object.keys(value)) {
      if (known.has(key)) continue;
      envelope.fields ??= {};
      envelope.fields[key] = cloneable((value as unknown as Record<string, unknown>)[key]);
    }
    return envelope;
  }

  return encode(thrown);
}

/** Makes an error of a class whose constructor has its own ideas. */
export type ErrorFactory = (message: string, errors: unknown[], fields: Record<string, unknown>) => Error;

/**
 * Put an error together again. Its class is the one it had where that exists here: a built-in one, or one of
 * `factories`; otherwise one of the same name is made, on top of the nearest that exists.
 */
export function decodeError(envelope: ErrorEnvelope, factories: Record<string, ErrorFactory> = {}): unknown {
  const scope = globalThis as unknown as Record<string, unknown>;
  const made = ((globalThis as unknown as Record<symbol, Map<string, ErrorConstructor>>)[
    Symbol.for("@asyncio/toolkit/error-classes")
  ] ??= new Map<string, ErrorConstructor>());

  function existing(name: string): ErrorConstructor | undefined {
    const denoErrors = (scope.Deno as { errors?: Record<string, unknown> } | undefined)?.errors;
    for (const found of [scope[name], denoErrors?.[name]]) {
      if (typeof found === "function" && (found === Error || found.prototype instanceof Error)) {
        return found as ErrorConstructor;
      }
    }
    return undefined;
  }

  function classOf(lineage: string[]): ErrorConstructor {
    const [name = "Error", ...bases] = lineage;
    const found = existing(name);
    if (found !== undefined) return found;
    const key = lineage.join("<");
    let made_ = made.get(key);
    if (made_ === undefined) {
      const Base = bases.length === 0 ? Error : classOf(bases);
      made_ = class extends Base {} as ErrorConstructor;
      Object.defineProperty(made_, "name", { value: name });
      made.set(key, made_);
    }
    return made_;
  }

  function define(error: Error, key: string, value: unknown): void {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  }

  function construct(envelope: ErrorEnvelope, errors: unknown[]): Error {
    const { class: className = "Error", bases = [], message = "", fields = {} } = envelope;
    const factory = factories[className];
    // One of the same name that is made differently is somebody else's.
    const made = factory?.(message, errors, fields);
    if (made !== undefined && made instanceof DOMException === (envelope.kind === "dom")) return made;
    if (envelope.kind === "dom") return new DOMException(message, envelope.name);
    const Class = classOf([className, ...bases]);
    // Not by its own constructor, which may want other arguments: what matters is the prototype.
    if (envelope.errors !== undefined) return Reflect.construct(AggregateError, [errors, message], Class);
    return Reflect.construct(Error, [message], Class);
  }

  function decode(envelope: ErrorEnvelope): unknown {
    if (envelope.kind === "value") return envelope.value;
    const error = construct(envelope, (envelope.errors ?? []).map(decode));
    if (error.name !== envelope.name && !(error instanceof DOMException)) define(error, "name", envelope.name);
    if (envelope.stack !== undefined) define(error, "stack", envelope.stack);
    if (envelope.cause !== undefined) define(error, "cause", decode(envelope.cause));
    if (envelope.pair !== undefined) {
      define(error, "error", decode(envelope.pair[0]));
      define(error, "suppressed", decode(envelope.pair[1]));
    }
    for (const [key, value] of Object.entries(envelope.fields ?? {})) {
      try {
        (error as unknown as Record<string, unknown>)[key] = value;
      } catch {
        // A field that the class computes itself.
      }
    }
    return error;
  }

  return decode(envelope);
}
