/** Option of every primitive. */
export interface NameOptions {
  /**
   * For messages, the task tree and deadlock reports.
   *
   * @default the kind of primitive and a number
   */
  name?: string | undefined;
}

let count = 0;

/** The name of a new primitive. */
export function nameFor(kind: string, options: NameOptions | undefined): string {
  const name = options?.name;
  // Made a string here, where that may fail: later on it stands in messages of others.
  return name == null ? `${kind}-${++count}` : String(name);
}
