let made: string | undefined;

/** The folder that files of a measurement go to: in memory where there is such a place, since the disk is not what is measured. */
export function folder(): string {
  if (made === undefined) {
    made = Deno.makeTempDirSync({ prefix: "bench-", ...isFolder("/dev/shm") && { dir: "/dev/shm" } });
    globalThis.addEventListener("unload", () => Deno.removeSync(made!, { recursive: true }));
  }
  return made;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
