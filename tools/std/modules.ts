/** One module of a package, as it is laid out. */
export interface Module {
  /** Its path inside the package, with forward slashes. */
  readonly path: string;
  /** Its text, with imports that stay inside the package. */
  readonly code: string;
  /** Whether users may import it; others are reached only from inside. */
  readonly entry: boolean;
}

/** A static import or re-export of a relative file. `from` on its own line start also covers lists over several lines. */
const RELATIVE_IMPORT = /^((?:import|export)\b[^"';]*?|\} from )"(\.{1,2}\/[^"]+\.js)"/gm;

/**
 * Collect a package's public modules and everything that they import.
 *
 * The npm package imports across its folders (`../internal/format.js`), which a registry does not allow: such a file is
 * taken into the package, under `_internal/`. Each package then stands alone, and no version of a helper package has to
 * be claimed that the npm package does not tell.
 */
export async function reachableModules(name: string, source: URL, types: URL): Promise<Module[]> {
  const home = new URL(`${name}/`, source);
  const modules = new Map<string, Module>();

  async function take(file: URL, entry: boolean): Promise<void> {
    const path = pathInside(file);
    if (modules.has(path)) return;
    const text = await readModule(file, new URL(`${name}/${path}`, types));
    const imported: URL[] = [];
    const code = text.replace(RELATIVE_IMPORT, (_match, before: string, specifier: string) => {
      const target = resolveImport(specifier, file);
      imported.push(target);
      return `${before}"${relative(path, pathInside(target))}"`;
    });
    modules.set(path, { path, code, entry });
    for (const target of imported) await take(target, isEntry(target));
  }

  /** Where a file of the npm package lies in the package that is laid out. */
  function pathInside(file: URL): string {
    if (file.href.startsWith(home.href)) return file.href.slice(home.href.length);
    return `_${file.href.slice(source.href.length)}`;
  }

  function isEntry(file: URL): boolean {
    return /^[^_/][^/]*\.js$/.test(pathInside(file));
  }

  for await (const { name: fileName } of Deno.readDir(home)) {
    const file = new URL(fileName, home);
    if (isEntry(file)) await take(file, true);
  }
  return [...modules.values()].sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Our own file where there is one: the npm package lacks what some of its modules need. */
async function readModule(file: URL, own: URL): Promise<string> {
  try {
    return await Deno.readTextFile(own);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await Deno.readTextFile(file);
  }
}

/** Resolve an import. One folder is written with a hyphen in imports and with an underscore on disk. */
function resolveImport(specifier: string, from: URL): URL {
  return new URL(specifier.replace("/data-structures/", "/data_structures/"), from);
}

/** The specifier that leads from one path of a package to another. */
function relative(from: string, to: string): string {
  const [fromFolder, toFolder] = [from, to].map((path) => path.slice(0, path.lastIndexOf("/") + 1));
  if (fromFolder === toFolder) return `./${to.slice(toFolder!.length)}`;
  const up = "../".repeat(fromFolder!.split("/").length - 1);
  return `${up === "" ? "./" : up}${to}`;
}
