import { FALLBACK, portable } from "./safe_name.ts";

/** Where a file goes, in the words of whoever asks for it. */
export interface OwnName {
  /** Folders below that of the call, with slashes between them; empty for none. */
  readonly folder: string;
  /** `undefined` when only folders were given. */
  readonly name: string | undefined;
}

/**
 * Read a name that the caller has given, maybe with folders in front. It is kept as it is, as far as the system can store
 * it. What would lead out of the folder of the call leads nowhere: the name is read as if that was the root.
 *
 * @param text The name; one that ends with a slash leaves the file its own name.
 * @param os The system, as `Deno.build.os` has it.
 */
export function ownName(text: string, os: string = Deno.build.os): OwnName {
  const windows = os === "windows";
  const path: string[] = [];
  const parts = text.split(windows ? /[/\\]/ : "/");
  for (const part of parts) {
    if (part === "..") path.pop();
    else if (part !== "" && part !== ".") path.push(windows ? portable(part) : part);
  }
  const name = parts.at(-1) === "" && path.length > 0 ? undefined : path.pop() ?? FALLBACK;
  return { folder: path.join("/"), name };
}
