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
  return options?.name ?? `${kind}-${++count}`;
}
