/** Where in a value the part is that cannot be cloned. */
export interface Uncloneable {
  path: string;
  what: string;
}

/** Knows what does not arrive on the other side. */
export interface CloneCheck {
  /**
   * Whether anything in `value` would be lost without a word: cloning does not fail, and an empty object arrives. Never
   * throws: what cannot be read is for cloning to find out.
   */
  losesAny(value: unknown): boolean;
  /**
   * Find the part of `value` that cannot be cloned or would be lost. Looks at each part once, in order, runs no user's code
   * but getters, and never throws.
   *
   * @param path What to call it.
   * @param bridged Whether functions and signals in plain objects and arrays are stood in for.
   * @returns The first part, or `null` when each part by itself can be cloned.
   */
  find(value: unknown, path: string, bridged?: boolean): Uncloneable | null;
}

/**
 * What can be cloned, and arrives. Also runs inside workers, where it arrives as text, so it may not use anything outside of
 * itself.
 *
 * @param apart Whether the other side is another process: what lives in memory does not reach that.
 */
export function cloneCheck(apart: boolean): CloneCheck {
  interface Part {
    value: unknown;
    above: Part | null;
    step: string;
    /** Whether functions and signals are stood in for here. */
    bridged: boolean;
  }
  /** What becomes of an object: it arrives as its fields, or as a whole; or is lost, unless it has fields after all. */
  type Verdict = "fields" | "whole" | "empty" | "lost";
  type Core = { isProxy?(value: unknown): boolean };
  const { internal } = Deno as unknown as { internal?: symbol };
  const core = internal && (Deno as unknown as Record<symbol, { core?: Core }>)[internal]?.core;

  // By their prototypes: of some classes there is another one under that name when Node's modules have been loaded.
  const prototypes = (...classes: { readonly prototype: object }[]) => classes.map(({ prototype }) => prototype);
  /** What cloning keeps as it is, and looks at no field of. */
  const leaves = prototypes(Date, RegExp, DOMException, ArrayBuffer, Boolean, Number, String, BigInt, Error);
  const containers = prototypes(Object, Map, Set);
  /** Leaves, too, but what they stand for does not reach another process. */
  const inMemory = prototypes(Blob, File, CryptoKey, SharedArrayBuffer, WebAssembly.Module);
  /** Cloning refuses these, unless they change hands; and no process can be handed them. */
  const onlyHandedOver = prototypes(ReadableStream, WritableStream, TransformStream, MessagePort);
  /** The same for all objects of a class, and most objects are of a few. */
  const verdicts = new WeakMap<object, Verdict>();

  const isOf = (value: object, kinds: readonly object[]) =>
    kinds.some((kind) => Object.prototype.isPrototypeOf.call(kind, value));

  function judge(prototype: object): Verdict {
    for (let each: object | null = prototype; each !== null; each = Object.getPrototypeOf(each)) {
      if (containers.includes(each)) return "fields";
      if (leaves.includes(each) || each instanceof Error) return "whole";
      if (inMemory.includes(each) || onlyHandedOver.includes(each)) return apart ? "lost" : "whole";
      const { value: found } = Object.getOwnPropertyDescriptor(each, "constructor") ?? {};
      if (typeof found !== "function") continue;
      const { name } = found;
      // Not whatever the name may be of: some globals do something when they are looked at.
      if (typeof name !== "string" || !/^[A-Z]/.test(name)) continue;
      for (const home of [globalThis, Deno] as object[]) {
        if (Object.hasOwn(home, name) && (home as Record<string, unknown>)[name] === found) return "empty";
      }
    }
    return "fields";
  }

  function verdictOn(value: object): Verdict {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null || Array.isArray(value)) return "fields";
    if (ArrayBuffer.isView(value)) return apart && value.buffer instanceof SharedArrayBuffer ? "lost" : "whole";
    let verdict = verdicts.get(prototype);
    if (verdict === undefined) verdicts.set(prototype, verdict = judge(prototype));
    // What the platform makes has no fields; what is derived from that may have.
    return verdict === "empty" ? Object.keys(value).length === 0 ? "lost" : "fields" : verdict;
  }

  /** How many objects are looked at before it is kept in mind which: as good as all values are smaller than that. */
  const FEW = 1_000;

  function losesAny(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    // Of its own making, since data may be nested deeper than calls.
    const stack: unknown[] = [value];
    let looked = 0;
    let seen: Set<unknown> | null = null;
    try {
      while (stack.length > 0) {
        const each = stack.pop() as object;
        if (looked++ > FEW) {
          if (seen?.has(each)) continue;
          (seen ??= new Set()).add(each);
        }
        const verdict = verdictOn(each);
        if (verdict === "lost") return true;
        if (verdict === "whole") continue;
        const parts: unknown[] = Array.isArray(each)
          ? each
          : each instanceof Map
          ? [...each.keys(), ...each.values()]
          : each instanceof Set
          ? [...each]
          : Object.values(each);
        for (let at = 0; at < parts.length; at++) {
          const part = parts[at];
          if (typeof part === "object" && part !== null) stack.push(part);
        }
      }
    } catch {
      // A getter that throws, or a proxy that was revoked.
    }
    return false;
  }

  function pathOf(part: Part): string {
    const steps: string[] = [];
    for (let each: Part | null = part; each !== null; each = each.above) steps.push(each.step);
    steps.reverse();
    // Nobody reads thousands of steps.
    if (steps.length > 40) steps.splice(20, steps.length - 40, " … ");
    return steps.join("");
  }

  function nameOf(value: object): string {
    const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
    return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "an object";
  }

  /** What is wrong with `value` by itself; `null` for nothing, or when that depends on its parts. */
  function fault({ value, bridged }: Part): string | null {
    if (typeof value === "function") {
      return bridged
        ? null
        : typeof value.name !== "string" || value.name === ""
        ? "a function"
        : `function ${value.name}`;
    }
    if (typeof value === "symbol") return `the symbol ${String(value)}`;
    if (typeof value !== "object" || value === null) return null;
    if (core?.isProxy?.(value)) return "a proxy";
    if (bridged && value instanceof AbortSignal) return null;
    if (verdictOn(value) === "lost") {
      if (ArrayBuffer.isView(value)) return "a view of a SharedArrayBuffer (which only threads can be given)";
      return apart && isOf(value, [...inMemory, ...onlyHandedOver])
        ? `${nameOf(value)} (which only threads can be given)`
        : nameOf(value);
    }
    if (isContainer(value)) return null;
    try {
      structuredClone(value);
      return null;
    } catch {
      return !apart && isOf(value, onlyHandedOver)
        ? `${nameOf(value)} (which can only be handed over, with \`transfer\`)`
        : nameOf(value);
    }
  }

  /** Whether structured cloning looks at its parts one by one: no more than they are in the way. */
  function isContainer(value: object): boolean {
    if (Array.isArray(value) || value instanceof Map || value instanceof Set) return true;
    // Promises, weak maps and such say what they are; so do the objects of the platform.
    return Object.prototype.toString.call(value) === "[object Object]";
  }

  /** Whether the functions and signals in it are stood in for. */
  function isBridged(value: object): boolean {
    if (Array.isArray(value)) return true;
    const prototype = Object.getPrototypeOf(value);
    return prototype === Object.prototype || prototype === null;
  }

  function* partsOf(value: object): Generator<[step: string, read: () => unknown]> {
    if (value instanceof Map) {
      for (const [key, part] of value) {
        const name = typeof key === "string" ? JSON.stringify(key) : typeof key === "object" ? "…" : String(key);
        yield [` key ${name}`, () => key];
        yield [`.get(${name})`, () => part];
      }
    } else if (value instanceof Set) {
      for (const part of value) yield [" element", () => part];
    } else {
      const isArray = Array.isArray(value);
      for (const key of Object.keys(value)) {
        const step = isArray
          ? `[${key}]`
          : /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
          ? `.${key}`
          : `[${JSON.stringify(key)}]`;
        yield [step, () => (value as Record<string, unknown>)[key]];
      }
    }
  }

  function find(value: unknown, path: string, bridged = false): Uncloneable | null {
    const seen = new Set<unknown>();
    const stack: Part[] = [{ value, above: null, step: path, bridged }];
    while (stack.length > 0) {
      const part = stack.pop()!;
      try {
        const what = fault(part);
        if (what !== null) return { path: pathOf(part), what };
        if (typeof part.value !== "object" || part.value === null || seen.has(part.value)) continue;
        seen.add(part.value);
        if (verdictOn(part.value) === "whole") continue;
      } catch {
        return { path: pathOf(part), what: "an object that cannot be read" };
      }
      const inside: Part[] = [];
      const within = part.bridged && isBridged(part.value);
      for (const [step, read] of partsOf(part.value)) {
        const inner: Part = { value: undefined, above: part, step, bridged: within };
        try {
          inner.value = read();
        } catch {
          return { path: pathOf(inner), what: "a getter that throws" };
        }
        if (typeof inner.value === "object" || typeof inner.value === "function" || typeof inner.value === "symbol") {
          inside.push(inner);
        }
      }
      while (inside.length > 0) stack.push(inside.pop()!);
    }
    return null;
  }

  return { losesAny, find };
}

/** Values whose large buffers were copied, and the copies. */
export interface CopiedBuffers {
  readonly values: unknown[];
  readonly transfer: ArrayBuffer[];
}

/**
 * Copy the large buffers among `values`, so that the copies can change hands: structured cloning copies twice, into the
 * message and out of it, and takes twice as long. `null` when nothing is gained, or when a value might hold a buffer that
 * is also another's: what was one must stay one.
 *
 * Part of the program inside a worker, too: depends on nothing but the runtime.
 */
export function copyBuffers(values: readonly unknown[]): CopiedBuffers | null {
  const LARGE = 1 << 20;
  // First without making anything: of nearly all calls and results this is the end.
  let size = 0;
  for (const value of values) {
    if (typeof value !== "object" || value === null) continue;
    if (ArrayBuffer.isView(value)) size += value.buffer.byteLength;
    else if (value instanceof ArrayBuffer) size += value.byteLength;
    else return null;
  }
  if (size < LARGE) return null;
  // Subclasses arrive as what they are made of, which is for structured cloning to know.
  const plain: readonly unknown[] = [
    Uint8Array,
    Uint8ClampedArray,
    Int8Array,
    Uint16Array,
    Int16Array,
    Uint32Array,
    Int32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  ];
  const copies = new Map<ArrayBuffer, ArrayBuffer>();
  for (const value of values) {
    if (typeof value !== "object" || value === null) continue;
    const isView = ArrayBuffer.isView(value);
    if (isView && !plain.includes(value.constructor)) return null;
    const buffer = isView ? value.buffer : value;
    if (!(buffer instanceof ArrayBuffer) || buffer.constructor !== ArrayBuffer) return null;
    if (buffer.resizable || buffer.detached) return null;
    copies.set(buffer, buffer);
  }
  for (const buffer of copies.keys()) copies.set(buffer, buffer.slice());
  const copied = values.map((value) => {
    if (typeof value !== "object" || value === null) return value;
    if (!ArrayBuffer.isView(value)) return copies.get(value as ArrayBuffer);
    const { constructor, buffer, byteOffset } = value;
    const View = constructor as new (buffer: ArrayBuffer, byteOffset: number, length: number) => ArrayBufferView;
    const { length } = value as Uint8Array | { length?: undefined };
    return new View(copies.get(buffer as ArrayBuffer)!, byteOffset, length ?? value.byteLength);
  });
  return { values: copied, transfer: [...copies.values()] };
}
