/** Where in a value the part is that cannot be cloned. */
export interface Uncloneable {
  path: string;
  what: string;
}

/**
 * Find the part of `value` that cannot be cloned, after cloning the whole has failed. Also runs inside workers, where it
 * arrives as text, so it may not use anything outside of itself.
 */
export function findUncloneable(value: unknown, path: string): Uncloneable {
  function clones(value: unknown): boolean {
    try {
      structuredClone(value);
      return true;
    } catch {
      return false;
    }
  }

  function describe(value: unknown): string {
    if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
    if (typeof value === "symbol") return `the symbol ${String(value)}`;
    const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name;
    return name === undefined || name === "Object" ? "an object" : `an instance of ${name}`;
  }

  function* parts(value: object): Generator<[string, unknown]> {
    if (Array.isArray(value)) {
      for (const [index, part] of value.entries()) yield [`[${index}]`, part];
    } else if (value instanceof Map) {
      for (const [key, part] of value) {
        yield [` key ${String(key)}`, key];
        yield [`.get(${typeof key === "string" ? JSON.stringify(key) : String(key)})`, part];
      }
    } else if (value instanceof Set) {
      for (const part of value) yield [" element", part];
    } else {
      for (const key of Object.keys(value)) {
        yield [
          /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
          (
            value as Record<string, unknown>
          )[key],
        ];
      }
    }
  }

  const seen = new Set<unknown>();
  for (;;) {
    if (typeof value !== "object" || value === null || seen.has(value)) return { path, what: describe(value ?? path) };
    seen.add(value);
    let found: [string, unknown] | undefined;
    for (const part of parts(value)) {
      if (!clones(part[1])) {
        found = part;
        break;
      }
    }
    if (found === undefined) return { path, what: describe(value) };
    path += found[0];
    value = found[1];
  }
}
