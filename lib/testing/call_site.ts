/** How far up the stack the caller is looked for. */
const FRAMES = 50;

const LIBRARY = new URL("../", import.meta.url).href;

/** Where the toolkit was called: the first line of the stack that is neither its own nor the runtime's. */
export function callSite(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const lines = new Error().stack?.split("\n").slice(1) ?? [];
  Error.stackTraceLimit = stackTraceLimit;
  const line = lines.find((line) => !line.includes(LIBRARY) && !line.includes("ext:") && !line.includes("<anonymous>"));
  return line?.trim() ?? "at an unknown place";
}
