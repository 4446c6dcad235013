import { type Cookie, Cookies } from "./cookies.ts";

/** In the file as curl and wget keep it: how a line begins that scripts must not see. */
const HTTP_ONLY = "#HttpOnly_";

/**
 * Read a file of cookies, in the format of Netscape that curl and wget read and write. One that is not there has none.
 *
 * @throws {TypeError} When it is something else.
 */
export async function readCookieJar(path: string): Promise<Cookies> {
  const cookies = new Cookies();
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return cookies;
    throw error;
  }
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.startsWith(HTTP_ONLY) ? raw.slice(HTTP_ONLY.length) : raw;
    if (line.trim() === "" || line.startsWith("#")) continue;
    const fields = line.split("\t");
    const expires = Number(fields[4]);
    if (fields.length !== 7 || !Number.isFinite(expires)) {
      throw new TypeError(
        `Cannot read cookies from ${path} as line ${index + 1} is none: seven fields with tabs are needed`,
      );
    }
    const [host, below, path_, secure, , name, value] = fields as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    cookies.add({
      name,
      value,
      host: host.replace(/^\./, ""),
      below: below === "TRUE",
      path: path_,
      secure: secure === "TRUE",
      httpOnly: raw !== line,
      expires: expires === 0 ? null : expires * 1_000,
    });
  }
  return cookies;
}

/** Write the cookies into such a file, which is nobody else's to read: they let in whoever has them. */
export async function writeCookieJar(path: string, cookies: Cookies): Promise<void> {
  const lines = ["# Netscape HTTP Cookie File", ...Array.from(cookies, lineOf)];
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`, { mode: 0o600 });
}

function lineOf({ name, value, host, below, path, secure, httpOnly, expires }: Cookie): string {
  const flag = (is: boolean) => is ? "TRUE" : "FALSE";
  const end = expires === null ? 0 : Math.ceil(expires / 1_000);
  return [`${httpOnly ? HTTP_ONLY : ""}${below ? "." : ""}${host}`, flag(below), path, flag(secure), end, name, value]
    .join("\t");
}
