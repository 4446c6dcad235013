/** Codings that change bytes, as they are registered for HTTP, and some that are met without being registered. */
const CODINGS: readonly string[] = [
  ...["gzip", "deflate", "br", "zstd", "compress", "dcb", "dcz", "aes128gcm", "exi", "pack200-gzip"],
  ...["bzip2", "lzma", "xz", "snappy", "lz4"],
];

/**
 * Find out what was done to the bytes of an answer, first to last. Much of what servers call an encoding does nothing to
 * them: `identity`, `none`, `binary`, a character set, the framing of an upload (`aws-chunked`).
 */
export function codingsIn(header: string | null): string[] {
  if (header === null) return [];
  const words = header.toLowerCase().split(",").map((word) => word.trim().replace(/^x-/, ""));
  return words.filter((word) => CODINGS.includes(word));
}
