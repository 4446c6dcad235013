/** The processes that live and carry `mark` in their environment: the dead that nobody has collected do not count. */
export function livingWith(mark: string): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${name}/stat`))) continue;
      if (Deno.readTextFileSync(`/proc/${name}/environ`).includes(mark)) found.push(Number(name));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Something to be recognised by. */
export function newMark(): string {
  return `MARK=${crypto.randomUUID()}`;
}

/** `mark`, for the option `env`. */
export function marked(mark: string): Record<string, string> {
  return { MARK: mark.slice("MARK=".length) };
}

/** How many files this program has open. */
export function openFiles(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

export const isLinux = Deno.build.os === "linux";
