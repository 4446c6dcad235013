import { DownloadError } from "../words/download_error.ts";

/** What the commonest errors of a file system mean. */
const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the quota is used up",
  EEXIST: "there is a file of that name",
  EISDIR: "there is a folder of that name",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "too many files are open",
  ENOENT: "there is no such folder",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "part of the path is not a folder",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
};

/** Errors of the system are numbered after their text. */
const NUMBER = / \(os error \d+\).*$/;

/** Make a {@linkcode DownloadError} of what a file operation has thrown. */
export function diskError(error: unknown, doing: string): DownloadError {
  if (error instanceof DownloadError) return error;
  const { code, message } = error as Error & { code?: string };
  const kind = error instanceof Deno.errors.NotCapable ? "permission" : "disk";
  const meaning = code === undefined ? undefined : MEANINGS[code];
  // Others close theirs.
  const retriable = code === "EMFILE" || code === "ENFILE";
  const told = `Cannot ${doing}: ${meaning ?? message.replace(NUMBER, "")}`;
  return new DownloadError(kind, told, { cause: error, retriable });
}

/** Call `fn`, with its errors as those of the disk. Not for the network: what it throws may be a cancellation. */
export function onDisk<T>(doing: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw diskError(error, doing);
  }
}
