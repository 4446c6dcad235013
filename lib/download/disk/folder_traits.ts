/** What can be learned of a folder only by making a file in it. */
export interface FolderTraits {
  /** Whether `A` and `a` are two files. */
  readonly tellsCapitalsApart: boolean;
  /** The permissions that a file has by default; `null` where there is no such thing. */
  readonly mode: number | null;
  /** Whose the files are that this program makes; `null` where nobody can tell. */
  readonly uid: number | null;
}

/** What holds where no file can be made: nothing is taken for granted, and nothing is set. */
const UNKNOWN: FolderTraits = { tellsCapitalsApart: false, mode: null, uid: null };

/** Make a file, look at it, and remove it. */
export function probeFolder(path: string): FolderTraits {
  const probe = `${path}/.asyncio-${crypto.randomUUID()}`;
  try {
    Deno.openSync(probe, { write: true, createNew: true }).close();
  } catch {
    return UNKNOWN;
  }
  try {
    const { mode, uid } = Deno.lstatSync(probe);
    return {
      tellsCapitalsApart: !exists(probe.replace(".asyncio-", ".ASYNCIO-")),
      mode: mode === null ? null : mode & 0o777,
      uid,
    };
  } finally {
    Deno.removeSync(probe);
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
