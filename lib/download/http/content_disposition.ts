/**
 * A parameter of the header: a name, `=`, and a string in quotation marks, or else all up to the next semicolon. That
 * should be a single word, but many servers forget the quotation marks, and browsers take it as it is meant.
 */
const PARAMETER = /;\s*([!#$%&'*+.^_`|~0-9a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"(?=\s*(?:;|$))|([^;]*))/gi;

/**
 * Find the name of the file in a `Content-Disposition` header, as RFC 6266 says: `filename*` before `filename`. Broken
 * headers are common, so what cannot be read is passed over, never an error.
 *
 * @returns The name as it was sent, with nothing made safe; `undefined` when the header has no name.
 */
export function fileNameIn(header: string | null): string | undefined {
  if (header === null) return undefined;
  const found = new Map<string, string>();
  // Some servers send parameters only, without "attachment" in front.
  for (const [, name, quoted, token] of `;${header}`.matchAll(PARAMETER)) {
    const key = name!.toLowerCase();
    // The first of several counts, as in browsers.
    if (!found.has(key)) found.set(key, quoted === undefined ? bare(token!) : unescaped(quoted));
  }
  const extended = found.get("filename*");
  const plain = found.get("filename");
  return (extended === undefined ? undefined : decodeExtended(extended)) ??
    (plain === undefined || plain === "" ? undefined : repair(plain));
}

/** A backslash before anything else than what needs one is that of a path of Windows. */
function unescaped(quoted: string): string {
  return quoted.replace(/\\(["\\])/g, "$1");
}

/** Take off quotation marks of the wrong kind, and those that stand on one side only. */
function bare(token: string): string {
  const text = token.trim();
  return text.match(/^'(.*)'$/)?.[1] ?? unescaped(text.replace(/^"|"$/g, ""));
}

/** Decode `UTF-8'en'na%C3%AFve`, as RFC 8187 has it. */
function decodeExtended(value: string): string | undefined {
  const [, charset, text] = value.match(/^([\w-]+)'[^']*'(.+)$/) ?? [];
  if (charset === undefined || text === undefined) return undefined;
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined;
  const bytes = toBytes(text.replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))));
  if (bytes === undefined) return undefined;
  if (/^iso-8859-1$/i.test(charset)) return new TextDecoder("latin1").decode(bytes);
  return /^utf-8$/i.test(charset) ? decodeUtf8(bytes) : undefined;
}

/** Headers arrive byte by byte; most servers that send more than ASCII mean UTF-8. */
function repair(text: string): string {
  const bytes = toBytes(text);
  return (bytes && decodeUtf8(bytes)) ?? text;
}

function toBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

function decodeUtf8(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
