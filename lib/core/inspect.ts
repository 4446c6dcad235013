/** Describe any value in a few words, for a message. Never throws. */
export function inspectBriefly(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return String(value);
  try {
    if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
    if (Array.isArray(value)) return `an array of ${value.length}`;
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "an object";
  } catch {
    // A proxy, of which anything may be expected.
    return typeof value === "function" ? "a function" : "an object";
  }
}

/** Whether `value` is an error, also one of another realm, as those that `node:vm` runs. Never throws. */
export function isError(value: unknown): value is Error {
  try {
    return Error.isError(value) || value instanceof Error;
  } catch {
    return false;
  }
}

/** An error for anything that was thrown: itself if it is one, or else a new one with `value` as its cause. */
export function toError(value: unknown): Error {
  return isError(value) ? value : new Error(`Non-error thrown: ${inspectBriefly(value)}`, { cause: value });
}
