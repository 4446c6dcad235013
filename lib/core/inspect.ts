/** Describe any value in a few words, for a message. */
export function inspectBriefly(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? `an instance of ${name}` : "an object";
}

/** An error for anything that was thrown: itself if it is one, or else a new one with `value` as its cause. */
export function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(`Non-error thrown: ${inspectBriefly(value)}`, { cause: value });
}
