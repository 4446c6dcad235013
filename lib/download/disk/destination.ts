// Where a complete file goes: what may be there already, and how it gets its name.
import { diskError } from "./disk_error.ts";
import { DownloadError } from "../words/download_error.ts";

/**
 * Check that what is at `path`, if anything, can be replaced by a file. Folders cannot; pipes, sockets and devices would no
 * longer be what others take them for.
 *
 * @throws {DownloadError} When it cannot.
 */
export function checkReplaceable(path: string): void {
  checkFile(path, `overwrite ${path}`, (path) => {
    const info = Deno.lstatSync(path);
    // A link is replaced itself: nothing is written to where it leads.
    return info.isSymlink ? { ...info, isFile: true } : info;
  });
}

/**
 * Check that what is at `path`, if anything, is a file, or leads to one.
 *
 * @throws {DownloadError} When it is something else.
 */
export function checkIsFile(path: string): void {
  checkFile(path, `take ${path} for the file`, Deno.statSync);
}

function checkFile(path: string, doing: string, look: (path: string) => Deno.FileInfo): void {
  const info = lookAt(path, look);
  if (info === undefined || info.isFile) return;
  throw new DownloadError("disk", `Cannot ${doing} as it is no file: it is ${kindOf(info)}`);
}

function lookAt(path: string, look: (path: string) => Deno.FileInfo): Deno.FileInfo | undefined {
  try {
    return look(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw diskError(error, `look at ${path}`);
  }
}

function kindOf(info: Deno.FileInfo): string {
  if (info.isDirectory) return "a folder";
  if (info.isFifo) return "a pipe";
  if (info.isSocket) return "a socket";
  return info.isCharDevice || info.isBlockDevice ? "a device" : "something else";
}

/** Rename a file, unless the new name is taken. */
export function moveToFreeName(from: string, to: string): boolean {
  try {
    // Unlike renaming, linking fails where there is something.
    Deno.linkSync(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    if (error instanceof Deno.errors.NotFound) throw error;
    return renameToReserved(from, to);
  }
  Deno.removeSync(from);
  return true;
}

/** Some file systems know no links. There an empty file takes the name, and gives it to the complete one. */
function renameToReserved(from: string, to: string): boolean {
  if (!reserveOnDisk(to)) return false;
  try {
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    Deno.removeSync(to);
    throw error;
  }
}

function reserveOnDisk(path: string): boolean {
  try {
    Deno.openSync(path, { write: true, createNew: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
