/** Where in a value the part is that cannot be cloned. */
export interface Uncloneable {
  path: string;
  what: string;
}

/**
 * Find the part of `value` that cannot be cloned, after cloning the whole has failed. Looks at each part once, in order,
 * runs no user's code but getters, and never throws. Also runs inside workers, where it arrives as text, so it may not use
 * anything outside of itself.
 *
 * @param value What could not be cloned.
 * @param path What to call it.
 * @param bridged Whether functions and signals in plain objects and arrays are stood in for.
 * @returns The first part, or `null` when each part by itself can be cloned.
 */
export function findUncloneable(value: unknown, path: string, bridged = false): Uncloneable | null {
  interface Part {
    value: unknown;
    above: Part | null;
    step: string;
    /** Whether functions and signals are stood in for here. */
    bridged: boolean;
  }
  type Core = { isProxy?(value: unknown): boolean };
  const { internal } = Deno as unknown as { internal?: symbol };
  const core = internal && (Deno as unknown as Record<symbol, { core?: Core }>)[internal]?.core;

  function pathOf(part: Part): string {
    const steps: string[] = [];
    for (let each: Part | null = part; each !== null; each = each.above) steps.push(each.step);
    steps.reverse();
    // Nobody reads thousands of steps.
    if (steps.length > 40) steps.splice(20, steps.length - 40, " … ");
    return steps.join("");
  }

  function nameOf(value: object): string | undefined {
    const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name;
    return typeof name === "string" ? name : undefined;
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
    if (isContainer(value)) return null;
    try {
      structuredClone(value);
      return null;
    } catch {
      const name = nameOf(value);
      return name === undefined || name === "Object" ? "an object" : `an instance of ${name}`;
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

  const seen = new Set<unknown>();
  const stack: Part[] = [{ value, above: null, step: path, bridged }];
  while (stack.length > 0) {
    const part = stack.pop()!;
    try {
      const what = fault(part);
      if (what !== null) return { path: pathOf(part), what };
      if (typeof part.value !== "object" || part.value === null || seen.has(part.value)) continue;
      seen.add(part.value);
      if (!isContainer(part.value)) continue;
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
