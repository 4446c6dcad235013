/** The npm package that carries `@std` as plain JavaScript. */
export const PACKAGE = { name: "deno-std", version: "1.4.0" } as const;

/** Thrown when the package could not be got, with what Deno said about it. */
export class NpmError extends Error {
  override name = "NpmError";
}

/**
 * Let Deno install the package into a temporary folder, and hand that folder's copy to `use`.
 *
 * Deno does the fetching, so the registry, proxy and credentials that this machine is configured with are used, and
 * nothing but Deno has to be installed. The folder is removed afterwards, whatever `use` does.
 */
export async function withNpmPackage<T>(root: URL, use: (folder: URL) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "asyncio-std-" });
  try {
    const base = directoryUrl(folder);
    await Deno.writeTextFile(
      new URL("package.json", base),
      JSON.stringify({ private: true, dependencies: { [PACKAGE.name]: PACKAGE.version } }),
    );
    // The folder lies outside the project, so a registry configured for this project alone has to come along.
    await Deno.copyFile(new URL(".npmrc", root), new URL(".npmrc", base)).catch(() => {});
    await install(folder);
    return await use(new URL(`node_modules/${PACKAGE.name}/`, base));
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

async function install(cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--no-lock", "--node-modules-dir=auto"],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  // Deno's own stack is of no use to somebody whose network is down.
  const [said] = new TextDecoder().decode(stderr).split("\n\nStack backtrace:");
  throw new NpmError(said!.trim().replace(/^error: /, ""));
}

/** The URL of a folder that is given as a path of this system. */
export function directoryUrl(path: string): URL {
  const url = new URL("file:///");
  url.pathname = `${path.replaceAll("\\", "/")}/`.replaceAll("%", "%25");
  return url;
}
