/**
 * Print the address of the registry that `@std` should come from, for tasks to put in `JSR_URL`.
 *
 * Nothing where JSR answers: the real registry is used. Where it does not, the same versions are taken from npm, laid
 * out as a registry in `.std/`, and the `file:` URL of that is printed. What has been laid out once is used again, until
 * a declaration or one of these tools changes.
 *
 * ```sh
 * JSR_URL=$(deno run -A --no-config tools/std.ts) deno test
 * ```
 *
 * With `--outside` the printed path does not lead through the project: `deno publish` takes whatever lies below the
 * project for a part of the package.
 *
 * @module
 */
import { layOut } from "./std/layout.ts";
import { directoryUrl, NpmError, PACKAGE, withNpmPackage } from "./std/npm_package.ts";
import { isReachable } from "./std/probe.ts";

const JSR = "https://jsr.io/";
const ROOT = new URL("../", import.meta.url);
const HOME = new URL(".std/", ROOT);
const TYPES = new URL("std_types/", import.meta.url);

/** Find the registry, making it first if need be; `""` stands for JSR itself. */
async function findRegistry(): Promise<string> {
  const outside = Deno.args.includes("--outside");
  const chosen = Deno.env.get("JSR_URL");
  if (chosen) return outside && chosen.startsWith(ROOT.href) ? await linkFromOutside(new URL(chosen)) : chosen;
  if (await isReachable(JSR, new URL("probe.json", HOME))) return "";
  const registry = new URL(`${await fingerprint()}/`, HOME);
  if (!await exists(registry)) await makeRegistry(registry);
  console.error(`std: JSR cannot be reached, @std comes from npm's ${PACKAGE.name}@${PACKAGE.version}`);
  return outside ? await linkFromOutside(registry) : registry.href;
}

/** Make a way to the registry through a temporary folder, which the system clears away in its own time. */
async function linkFromOutside(registry: URL): Promise<string> {
  const link = new URL("std", directoryUrl(await Deno.makeTempDir({ prefix: "asyncio-std-" })));
  await Deno.symlink(registry, link, { type: "junction" });
  return `${link.href}/`;
}

/** Make the registry aside, then rename it into place: of two tasks that do so at once, one wins and both are right. */
async function makeRegistry(registry: URL): Promise<void> {
  const aside = new URL(`making-${crypto.randomUUID()}/`, HOME);
  try {
    await withNpmPackage(ROOT, (source) => layOut({ source, types: TYPES, target: aside }));
    await Deno.rename(aside, registry);
  } catch (error) {
    if (!await exists(registry)) throw error;
  } finally {
    await Deno.remove(aside, { recursive: true }).catch(() => {});
  }
}

/** A name for what the registry is made from, so that a change in any of it makes a new one. */
async function fingerprint(): Promise<string> {
  const texts: string[] = [];
  for (const folder of [TYPES, new URL("std/", import.meta.url)]) texts.push(...readAll(folder));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(texts.join("\0")));
  return new Uint8Array(digest, 0, 8).toHex();
}

/** Every file below a folder, path and text, in an order that does not depend on the file system. */
function readAll(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1).flatMap(({ name, isDirectory }) =>
    isDirectory ? readAll(new URL(`${name}/`, folder)) : [name, Deno.readTextFileSync(new URL(name, folder))]
  );
}

async function exists(path: URL): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

if (import.meta.main) {
  try {
    console.log(await findRegistry());
  } catch (error) {
    if (!(error instanceof NpmError)) throw error;
    console.error(
      `error: Cannot get @std: JSR cannot be reached, and npm did not give ${PACKAGE.name}@${PACKAGE.version}`,
    );
    console.error(error.message.replace(/^/gm, "  "));
    console.error(
      "hint: connect to the network once, or set JSR_URL or NPM_CONFIG_REGISTRY to a registry within reach",
    );
    Deno.exit(1);
  }
}
