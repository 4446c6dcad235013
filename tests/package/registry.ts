// A registry on the loopback that has this package, made from the files that would be published, and `@std`.
import config from "../../deno.json" with { type: "json" };
import { publishedFiles, ROOT } from "./published_files.ts";

const PACKAGE = `/${config.name}`;
const STD = Deno.env.get("JSR_URL") || "https://jsr.io/";

/** A server that answers as JSR does; `url` is for `JSR_URL`. */
export async function serveRegistry(): Promise<{ url: string } & AsyncDisposable> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const path of await publishedFiles()) {
    const bytes = new TextEncoder().encode(asPublished(path, await Deno.readTextFile(new URL(path, ROOT))));
    files.set(`${PACKAGE}/${config.version}/${path}`, bytes);
    manifest[`/${path}`] = { size: bytes.length, checksum: `sha256-${await sha256(bytes)}` };
  }
  const [scope, name] = config.name.slice(1).split("/");
  const versions = { [config.version]: {} };
  addJson(files, `${PACKAGE}/meta.json`, { scope, name, latest: config.version, versions });
  addJson(files, `${PACKAGE}/${config.version}_meta.json`, { manifest, exports: config.exports });

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const { pathname } = new URL(url);
    const file = files.get(decodeURIComponent(pathname));
    if (file !== undefined) return new Response(file, { headers: { "content-type": typeOf(pathname) } });
    if (!pathname.startsWith("/@std/")) return new Response("There is no such file", { status: 404 });
    // Comes from where the tests themselves have it from.
    const answer = await fetch(new URL(pathname.slice(1), STD)).catch(() => undefined);
    if (!answer?.ok) return new Response(answer?.body ?? null, { status: 404 });
    return new Response(answer.body, { headers: { "content-type": typeOf(pathname) } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A file as JSR has it: names of the import map stand for what the import map says. */
function asPublished(path: string, text: string): string {
  if (!path.endsWith(".ts")) return text;
  const imports: Record<string, string> = config.imports;
  return text.replace(
    /^((?:import|export)\b.* from |import |\} from )"(@std\/[^"/]+)([^"]*)"/gm,
    (_, start, name, rest) => `${start}"${imports[name]}${rest}"`,
  );
}

function addJson(files: Map<string, Uint8Array>, path: string, value: unknown): void {
  files.set(path, new TextEncoder().encode(JSON.stringify(value)));
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function typeOf(path: string): string {
  if (path.endsWith(".json")) return "application/json";
  return path.endsWith(".js") ? "text/javascript" : "application/typescript";
}
