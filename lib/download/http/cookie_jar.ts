import { type Cookie, Cookies } from "./cookies.ts";

/** In the file as curl and wget keep it: how a line begins that scripts must not see. */
const HTTP_ONLY = "#HttpOnly_";

/**
 * Read a file of cookies, in the format of Netscape that curl and wget read and write. One that is not there has none.
 *
 * @throws {TypeError} When it is something else.
 */
export async function readCookieJar(path: string): Promise<Cookies> {
  try {
    return cookiesIn(await Deno.readTextFile(path), path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // It will be written in the end: where that cannot be, it is told before anything is downloaded.
    if (!(await isFolder(folderOf(path)))) {
      throw new TypeError(`Cannot keep cookies in ${path} as there is no such folder`);
    }
    return new Cookies();
  }
}

function cookiesIn(text: string, path: string): Cookies {
  const cookies = new Cookies();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.startsWith(HTTP_ONLY) ? raw.slice(HTTP_ONLY.length) : raw;
    if (line.trim() === "" || line.startsWith("#")) continue;
    const fields = line.split("\t");
    const expires = Number(fields[4]);
    if (fields.length !== 7 || !Number.isFinite(expires)) {
      throw new TypeError(
        `Cannot read cookies from ${path} as line ${index + 1} is no cookie: seven fields with tabs are needed`,
      );
    }
    const [host = "", below, cookiePath = "/", secure, , name = "", value = ""] = fields;
    cookies.add({
      name,
      value,
      host: host.replace(/^\./, ""),
      below: below === "TRUE",
      path: cookiePath,
      secure: secure === "TRUE",
      httpOnly: raw !== line,
      expires: expires === 0 ? null : expires * 1_000,
    });
  }
  return cookies;
}

/**
 * Write the cookies into such a file, which only its owner can read: they give access. It is written beside, and takes the
 * place of the old one when it is complete: a program that is killed meanwhile has lost nothing. Another call may have
 * written its own cookies since the file was read: they stay, and only what has changed in this call is added to them.
 */
export async function writeCookieJar(path: string, cookies: Cookies): Promise<void> {
  const there = await lookAt(path);
  // A pipe or a device stays one.
  if (there !== undefined && !there.isFile) return await Deno.writeTextFile(path, textOf(cookies));
  // Where the path is a link, what it leads to is replaced.
  const target = there === undefined ? path : await Deno.realPath(path);
  const draft = `${target}.${crypto.randomUUID()}~`;
  try {
    // Without a pause, in which another call of this program could do the same.
    Deno.writeTextFileSync(draft, textOf(withChanges(target, cookies)), { createNew: true, mode: 0o600 });
    Deno.renameSync(draft, target);
  } catch (error) {
    await Deno.remove(draft).catch(() => {});
    throw error;
  }
}

/** What is in the file by now, with what has changed in this call; all of this call's where that cannot be read. */
function withChanges(path: string, cookies: Cookies): Cookies {
  let now: Cookies;
  try {
    now = cookiesIn(Deno.readTextFileSync(path), path);
  } catch {
    return cookies;
  }
  for (const cookie of cookies.changes) now.add(cookie);
  return now;
}

function textOf(cookies: Cookies): string {
  return `${["# Netscape HTTP Cookie File", ...Array.from(cookies, lineOf)].join("\n")}\n`;
}

async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await lookAt(path))?.isDirectory ?? false;
}

/** The folder that a file lies in. */
function folderOf(path: string): string {
  const [folder] = path.match(Deno.build.os === "windows" ? /^.*[/\\]/s : /^.*\//s) ?? ["."];
  return folder;
}

function lineOf({ name, value, host, below, path, secure, httpOnly, expires }: Cookie): string {
  const flag = (is: boolean) => is ? "TRUE" : "FALSE";
  const end = expires === null ? 0 : Math.ceil(expires / 1_000);
  return [`${httpOnly ? HTTP_ONLY : ""}${below ? "." : ""}${host}`, flag(below), path, flag(secure), end, name, value]
    .join("\t");
}
