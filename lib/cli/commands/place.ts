/** Where a path puts a file. */
export interface Place {
  /** With the slash at its end; empty for the current one. */
  readonly folder: string;
  /** `undefined` when the path is that of a folder. */
  readonly name: string | undefined;
  /** Whether it begins at the root. */
  readonly isAbsolute: boolean;
}

/**
 * Take the path of a file apart.
 *
 * @param path As it was given.
 * @param os The system, as `Deno.build.os` has it: on Windows a backslash separates, too, and a drive may stand in front.
 */
export function placeOf(path: string, os: string = Deno.build.os): Place {
  const windows = os === "windows";
  const [folder = ""] = path.match(windows ? /^([a-z]:(?![/\\]))?(.*[/\\])?/is : /^(.*\/)?/s) ?? [];
  const name = path.slice(folder.length);
  return {
    folder,
    name: name === "" ? undefined : name,
    isAbsolute: (windows ? /^([/\\]|[a-z]:)/i : /^\//).test(path),
  };
}
