/** Describe any value in a few words, for a message. */
export function inspectBriefly(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  try {
    const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "an object";
  } catch {
    return "an object";
  }
}

/** Whether `value` is an error, also one of another realm, as those that `node:vm` runs. Never throws. */
export function isError(value: unknown): value is Error {
  try {
    return Error.isError(value) || value instanceof Error;
  } catch {
    // A proxy, of which anything may be expected.
    return false;
  }
}

/** An error for anything that was thrown: itself if it is one, or else a new one with `value` as its cause. */
export function toError(value: unknown): Error {
  return isError(value) ? value : new Error(`Non-error thrown: ${inspectBriefly(value)}`, { cause: value });
}
