/** What system calls do, in words. */
const VERBS: Readonly<Record<string, string>> = {
  mkdir: "make the folder",
  open: "open",
  readfile: "read",
  rename: "rename",
  link: "name",
};

/**
 * Say in one line what went wrong, if it is about the surroundings of the program: files, permissions, the network.
 * `undefined` for everything else: that is a mistake in the program, and its stack trace is wanted.
 */
export function explain(error: unknown): string | undefined {
  if (!(error instanceof Error) || !isOfSystem(error)) return undefined;
  // As in "Not a directory (os error 20): mkdir '/etc/hosts/books'".
  const [, reason, verb, value] = error.message.match(/^(.+) \(os error \d+\): (\w+) '(.*)'$/) ?? [];
  return reason === undefined ? error.message : `Cannot ${VERBS[verb!] ?? verb} ${JSON.stringify(value)}: ${reason}`;
}

function isOfSystem(error: Error): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
