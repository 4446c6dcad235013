/** Codings that change bytes, as they are registered for HTTP, and some that are met without being registered. */
const CODINGS: readonly string[] = [
  ...["gzip", "deflate", "br", "zstd", "compress", "dcb", "dcz", "aes128gcm", "exi", "pack200-gzip"],
  ...["bzip2", "lzma", "xz", "snappy", "lz4"],
];

/** What a compressed file is called: then it is what was asked for, whatever the server says about it. */
const NAMES: Readonly<Record<string, RegExp>> = {
  gzip: /\.(t?gz|gzip|svgz)$/i,
  br: /\.br$/i,
  zstd: /\.(zst|tzst|zstd)$/i,
  compress: /\.z$/i,
  bzip2: /\.t?bz2?$/i,
  lzma: /\.t?lzma$/i,
  xz: /\.t?xz$/i,
};

/**
 * Find out what was done to the bytes of an answer, first to last. Much of what servers call an encoding does nothing to
 * them: `identity`, `none`, `binary`, a character set, the framing of an upload (`aws-chunked`).
 */
export function codingsIn(header: string | null): string[] {
  if (header === null) return [];
  const words = header.toLowerCase().split(",").map((word) => word.trim().replace(/^x-/, ""));
  return words.filter((word) => CODINGS.includes(word));
}

/** What was done to the bytes of a file of that name, and is not told by the name itself. */
export function encodingOf({ headers }: Response, name: string): string[] {
  const codings = codingsIn(headers.get("content-encoding"));
  const [first] = codings;
  return codings.length === 1 && NAMES[first!]?.test(name) ? [] : codings;
}
