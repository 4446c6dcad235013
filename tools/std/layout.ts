import { declare } from "./declare.ts";
import { reachableModules } from "./modules.ts";

/** The packages that are laid out, at the versions which the npm package carries. */
export const VERSIONS: Readonly<Record<string, string>> = {
  assert: "1.0.19",
  async: "1.5.0",
  cli: "1.0.32",
  fmt: "1.0.10",
  // The package does not tell which versions of these it carries; what is declared has been there since 1.0.0.
  bytes: "1.0.0",
  text: "1.0.0",
};

/** Where {@linkcode layOut} reads from and writes to; each is a folder, and ends in a slash. */
export interface Folders {
  /** The npm package. */
  readonly source: URL;
  /** Our declarations, one folder a package; a `.js` among them takes the place of the package's own file. */
  readonly types: URL;
  /** The registry that is made. */
  readonly target: URL;
}

/** Lay the packages out as a JSR registry: what `JSR_URL` may point to. */
export async function layOut(folders: Folders): Promise<void> {
  for (const [name, version] of Object.entries(VERSIONS)) await layOutPackage(name, version, folders);
}

async function layOutPackage(name: string, version: string, { source, types, target }: Folders): Promise<void> {
  const folder = new URL(`@std/${name}/`, target);
  const files = new Map<string, string>();
  const exports: Record<string, string> = {};

  for (const module of await reachableModules(name, source, types)) {
    const declaration = module.path.replace(/\.js$/, ".d.ts");
    files.set(module.path, `/* @ts-self-types="./${basename(declaration)}" */\n${module.code}`);
    files.set(declaration, await declare(module, new URL(`${name}/`, types)));
    if (module.entry) exports[entryPoint(module.path)] = `./${module.path}`;
  }

  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const [path, text] of files) {
    const bytes = new TextEncoder().encode(text);
    const file = new URL(`${version}/${path}`, folder);
    await Deno.mkdir(new URL("./", file), { recursive: true });
    await Deno.writeFile(file, bytes);
    manifest[`/${path}`] = { size: bytes.length, checksum: `sha256-${await sha256(bytes)}` };
  }
  await writeJson(new URL("meta.json", folder), { scope: "std", name, latest: version, versions: { [version]: {} } });
  await writeJson(new URL(`${version}_meta.json`, folder), { manifest, exports });
}

/** The name under which a module is imported: `mod.js` is the package itself, `parse_args.js` is `./parse-args`. */
function entryPoint(path: string): string {
  return path === "mod.js" ? "." : `./${path.replace(/\.js$/, "").replaceAll("_", "-")}`;
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function writeJson(file: URL, value: unknown): Promise<void> {
  return Deno.writeTextFile(file, JSON.stringify(value));
}
