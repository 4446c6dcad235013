import { UsageError } from "../words/usage_error.ts";

/**
 * Read a list of checksums as `sha256sum` and its like write it: digits and a name a line (`9f86d0…  a.zip`), or with the
 * algorithm in front (`SHA256 (a.zip) = 9f86d0…`). Signatures around it, comments and empty lines are passed over.
 *
 * @param text The list.
 * @param name What the list is called in messages.
 * @returns Checksums by the names of files, without folders.
 */
export function readChecksums(text: string, name: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, digits, plain] = line.match(/^\\?([0-9a-f]{32,128}) [ *]?(.+)$/i) ?? [];
    const [, algorithm, tagged, hex] = line.match(/^(MD5|SHA-?\d+) \((.+)\) = ([0-9a-f]+)$/i) ?? [];
    const file = plain ?? tagged;
    if (file !== undefined) sums.set(file.slice(file.lastIndexOf("/") + 1), digits ?? `${algorithm}:${hex}`);
  }
  if (sums.size > 0) return sums;
  throw new UsageError(`Cannot use ${name} as it must list checksums and names, like SHA256SUMS: there are none in it`);
}
