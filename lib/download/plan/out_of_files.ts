/** What the system says when this program, or all of them, may open no more. */
const CODES: readonly unknown[] = ["EMFILE", "ENFILE"];

/** The same in words: errors of connections have no code. */
const WORDS = /too many open files/i;

/** Whether `error`, or what caused it, is that there are too many open files, or connections, which count as such. */
export function isOutOfFiles(error: unknown): boolean {
  for (let depth = 0; error instanceof Error && depth < 8; depth++) {
    if (CODES.includes((error as Error & { code?: unknown }).code) || WORDS.test(error.message)) return true;
    error = error.cause;
  }
  return false;
}
