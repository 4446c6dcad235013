import type { Program } from "../row.ts";

/** Python's own asyncio. */
export const asyncio: Program = python("asyncio_rows.py");
/** The same on uvloop. */
export const uvloop: Program = python("asyncio_rows.py", "--uvloop");
/** Trio. */
export const trio: Program = python("trio_rows.py");

function python(file: string, ...args: string[]): Program {
  return { command: ["python3", new URL(file, import.meta.url).pathname, ...args] };
}
