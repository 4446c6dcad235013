/**
 * Errors, taken apart and put together again: structured cloning loses custom names, fields, the errors of an
 * `AggregateError`, and fails on a `cause` that cannot be cloned. Both functions also run inside workers, where they
 * arrive as text, so neither may use anything outside of itself.
 */

import type { ErrorEnvelope } from "../wire/protocol.ts";

/**
 * Take an error, or whatever was thrown, apart. Never throws, whatever that is, and the result can always be cloned: what
 * cannot be read is left out, and a chain of causes without end is cut.
 */
export function encodeError(thrown: unknown): ErrorEnvelope {
  /** Structured cloning goes no deeper than a few thousand levels, and nobody reads more. */
  const DEEPEST = 100;
  /** Nor more than so many at all; an `AggregateError` may have any number, even without end. */
  const MOST = 10_000;
  /** The text of frames is made when it is read, which takes longer than all else: only for those that are looked at. */
  const WITH_FRAMES = 100;
  let count = 0;
  const seen = new Set<unknown>();
  const known = new Set(["name", "message", "stack", "cause", "errors", "error", "suppressed"]);

  function attempt<T>(what: () => T): T | undefined {
    try {
      return what();
    } catch {
      return undefined;
    }
  }

  function read(value: object, key: string): unknown {
    return attempt(() => (value as Record<string, unknown>)[key]);
  }

  function text(value: unknown): string {
    return attempt(() => String(value)) ?? "(cannot be shown)";
  }

  function cloneable(value: unknown): unknown {
    if ((typeof value !== "object" || value === null) && typeof value !== "function" && typeof value !== "symbol") {
      return value;
    }
    try {
      return structuredClone(value);
    } catch {
      return text(value);
    }
  }

  function lineageOf(value: Error): string[] {
    const lineage: string[] = [];
    attempt(() => {
      let prototype = Object.getPrototypeOf(value);
      for (let height = 0; prototype !== null && height < DEEPEST; height++) {
        const name = prototype.constructor?.name;
        if (typeof name === "string" && name !== "" && name !== "Object") lineage.push(name);
        prototype = Object.getPrototypeOf(prototype);
      }
    });
    return lineage;
  }

  function encode(value: unknown, depth: number): ErrorEnvelope {
    if (!attempt(() => value instanceof Error) || seen.has(value)) return { kind: "value", value: cloneable(value) };
    seen.add(value);
    const error = value as Error;
    const lineage = lineageOf(error);
    const envelope: ErrorEnvelope = {
      kind: error instanceof DOMException ? "dom" : "error",
      class: lineage[0] ?? "Error",
      bases: lineage.slice(1),
      name: text(read(error, "name")),
      message: text(read(error, "message")),
    };
    const stack = ++count > WITH_FRAMES ? `${envelope.name}: ${envelope.message}` : read(error, "stack");
    if (typeof stack === "string") envelope.stack = stack;
    if (depth < DEEPEST) {
      const within = (inner: unknown) => encode(inner, depth + 1);
      const cause = read(error, "cause");
      if (cause !== undefined) envelope.cause = within(cause);
      if (error instanceof AggregateError) {
        const errors: ErrorEnvelope[] = envelope.errors = [];
        attempt(() => {
          for (const each of error.errors as unknown[]) {
            if (count >= MOST || errors.length >= MOST) break;
            errors.push(within(each));
          }
        });
      }
      if (error instanceof SuppressedError) {
        envelope.pair = [within(read(error, "error")), within(read(error, "suppressed"))];
      }
    }
    for (const key of attempt(() => Object.keys(error)) ?? []) {
      if (known.has(key)) continue;
      envelope.fields ??= {};
      envelope.fields[key] = cloneable(read(error, key));
    }
    return envelope;
  }

  return encode(thrown, 0);
}

/** Makes an error of a class whose constructor has its own ideas. */
export type ErrorFactory = (message: string, errors: unknown[], fields: Record<string, unknown>) => Error;

/**
 * Put an error together again. Its class is the one it had where that exists here: one of `classes`, a built-in one, or
 * one of `factories`; otherwise one of the same name is made, on top of the nearest that exists.
 *
 * @throws {TypeError} When it is not the envelope of an error: it comes from code that is not trusted.
 */
export function decodeError(
  envelope: ErrorEnvelope,
  factories: Record<string, ErrorFactory> = {},
  classes: ReadonlyMap<string, ErrorConstructor> = new Map(),
): unknown {
  const scope = globalThis as unknown as Record<string, unknown>;
  const made = ((globalThis as unknown as Record<symbol, Map<string, ErrorConstructor>>)[
    Symbol.for("@asyncio/toolkit/error-classes")
  ] ??= new Map<string, ErrorConstructor>());

  function existing(name: string): ErrorConstructor | undefined {
    const denoErrors = (scope.Deno as { errors?: Record<string, unknown> } | undefined)?.errors ?? {};
    // Not whatever the name may be of: some globals do something when they are looked at.
    const candidates = [
      classes.get(name),
      /(Error|Exception)$/.test(name) ? scope[name] : undefined,
      Object.hasOwn(denoErrors, name) ? denoErrors[name] : undefined,
    ];
    for (const found of candidates) {
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
    // What stands on a class of the user's is not for everybody.
    const isShared = !lineage.some((each) => classes.has(each));
    let made_ = isShared ? made.get(key) : undefined;
    if (made_ === undefined) {
      const Base = bases.length === 0 ? Error : classOf(bases);
      made_ = class extends Base {} as ErrorConstructor;
      Object.defineProperty(made_, "name", { value: name });
      // As many as one pleases can be made up.
      if (isShared && made.size < 1_000) made.set(key, made_);
    }
    return made_;
  }

  function define(error: Error, key: string, value: unknown): void {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  }

  function construct(envelope: ErrorEnvelope, errors: unknown[]): Error {
    const { class: className = "Error", bases = [], message = "", fields = {} } = envelope;
    const own = classes.get(className);
    if (own !== undefined && envelope.kind === "dom" && own.prototype instanceof DOMException) {
      return Reflect.construct(DOMException, [message, envelope.name], own);
    }
    const factory = own === undefined && Object.hasOwn(factories, className) ? factories[className] : undefined;
    // One of the same name that is made differently is somebody else's.
    const made = factory?.(message, errors, fields);
    if (made !== undefined && made instanceof DOMException === (envelope.kind === "dom")) return made;
    if (envelope.kind === "dom") return new DOMException(message, envelope.name);
    const Class = classOf([className, ...bases.slice(0, 100)]);
    // Not by its own constructor, which may want other arguments: what matters is the prototype.
    if (envelope.errors !== undefined) return Reflect.construct(AggregateError, [errors, message], Class);
    return Reflect.construct(Error, [message], Class);
  }

  function decode(envelope: ErrorEnvelope): unknown {
    if (typeof envelope !== "object" || envelope === null || !["value", "dom", "error"].includes(envelope.kind)) {
      throw new TypeError("Cannot make an error of something else");
    }
    if (envelope.kind === "value") return envelope.value;
    for (const text of [envelope.class, envelope.name, envelope.message, envelope.stack, ...(envelope.bases ?? [])]) {
      if (text !== undefined && typeof text !== "string") throw new TypeError("Cannot make an error without its texts");
    }
    const error = construct(envelope, (envelope.errors ?? []).map(decode));
    if (error.name !== envelope.name && !(error instanceof DOMException)) define(error, "name", envelope.name);
    if (envelope.stack !== undefined) define(error, "stack", envelope.stack);
    if (envelope.cause !== undefined) define(error, "cause", decode(envelope.cause));
    if (envelope.pair !== undefined) {
      define(error, "error", decode(envelope.pair[0]));
      define(error, "suppressed", decode(envelope.pair[1]));
    }
    for (const [key, value] of Object.entries(envelope.fields ?? {})) {
      if (key === "__proto__") continue;
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
