/** What has to be closed when the program ends, known to `run` without knowing what it is: floors above register here. */
const closers = new Set<() => Promise<void> | void>();

/** Have `close` called when the program ends. Returns the function that takes it back. */
export function onProgramEnd(close: () => Promise<void> | void): () => void {
  closers.add(close);
  return () => closers.delete(close);
}

/** Close everything, the last opened first. An error of one does not keep the others open. */
export async function endProgram(): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const close of [...closers].reverse()) {
    closers.delete(close);
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}
