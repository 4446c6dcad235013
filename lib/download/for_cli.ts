// What the command line needs besides what is public.
export { readCookieJar } from "./http/cookie_jar.ts";
export { parseChecksum } from "./words/checksum.ts";
