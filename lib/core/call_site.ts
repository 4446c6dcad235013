/** How far up the stack the caller is looked for: inside the toolkit alone there may be more than the ten kept by default. */
const FRAMES = 50;

const LIBRARY = new URL("../", import.meta.url).href;

/** Where the toolkit was called. The stack is put into words when those are asked for: that costs twenty times the rest. */
export class CallSite {
  readonly #stack: Error;

  constructor() {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = FRAMES;
    this.#stack = new Error();
    Error.stackTraceLimit = stackTraceLimit;
  }

  /** The first line of the stack that is neither the toolkit's own nor the runtime's; `undefined` when there is none. */
  get line(): string | undefined {
    return this.#stack.stack?.split("\n").slice(1).find(isForeign)?.trim();
  }
}

function isForeign(line: string): boolean {
  return !line.includes(LIBRARY) && !line.includes("ext:") && !line.includes("<anonymous>");
}
