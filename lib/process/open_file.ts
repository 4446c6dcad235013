/**
 * Open a file that `program` is to read or write, at once.
 *
 * @throws {TypeError} When it is a named pipe: to open that takes until somebody opens the other end, and stops the whole
 *   program for as long.
 */
export function openFile(program: string, path: string | URL, options: Deno.OpenOptions): Deno.FsFile {
  if (isNamedPipe(path)) {
    throw new TypeError(
      `Cannot start "${program}" with a named pipe for a file, as to open one may take for ever: current value is "${path}". ` +
        "Await Deno.open() of it, and give the stream",
    );
  }
  return Deno.openSync(path, options);
}

/** The pipes that the system lists for a process, as for `<(…)` of a shell, are open at their other end. */
function isNamedPipe(path: string | URL): boolean {
  try {
    return !/^(file:\/\/)?\/(dev|proc)\//.test(String(path)) && Deno.statSync(path).isFifo === true;
  } catch {
    // To open it will say what is wrong.
    return false;
  }
}
