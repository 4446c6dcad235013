let found: string | null | undefined;

/**
 * The `deno.json` that this program was started with, as far as it may know: the nearest above its main module. Worker
 * processes are given it, so that the names of its import map mean the same there. `null` when there is none, or when it
 * may not be read; what `--config` and `--import-map` said at the start is nowhere to be read.
 */
export function projectConfig(): string | null {
  return found ??= search();
}

function search(): string | null {
  let directory: URL;
  try {
    // Workers have none, and that of some programs is no file.
    directory = new URL(".", Deno.mainModule);
  } catch {
    return null;
  }
  while (directory.protocol === "file:") {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = pathOf(new URL(name, directory));
      if (isFile(path)) return path;
    }
    const above = new URL("..", directory);
    if (above.href === directory.href) break;
    directory = above;
  }
  return null;
}

function pathOf({ pathname }: URL): string {
  const path = decodeURIComponent(pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

function isFile(path: string): boolean {
  // Nobody is to be asked for it.
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
