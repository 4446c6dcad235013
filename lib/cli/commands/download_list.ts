import { parseArgs } from "@std/cli/parse-args";
import { parseChecksum } from "../../download/for_cli.ts";
import type { DownloadRequest } from "../../download/mod.ts";
import { didYouMean, UsageError } from "../words/usage_error.ts";

/** Options that a line may have, with those of them that may be repeated. */
const OPTIONS = ["output", "checksum", "header", "mirror"];
const REPEATED = ["header", "mirror"];

/**
 * Read a list of downloads: a URL a line, with options behind it where they are needed, as on a command line. Empty lines
 * and those that begin with `#` are passed over. A value with spaces stands in quotation marks, of either kind; they are
 * part of the word anywhere but at its ends.
 *
 * ```text
 * https://example.com/a.zip -o books/first.zip --checksum sha256:9f86d0…
 * https://example.com/b.zip --header "Accept: application/zip" --mirror https://example.org/b.zip
 * ```
 *
 * @param text The list.
 * @param name What the list is called in messages.
 */
export function readList(text: string, name: string): DownloadRequest[] {
  return text.split("\n").flatMap((line, index) => {
    const place = `${name}, line ${index + 1}`;
    const words = splitWords(line.trim(), place);
    return words.length === 0 ? [] : [readLine(words, place)];
  });
}

/** Read headers as they are written: `Name: value`. */
export function readHeaders(lines: readonly string[], place = "--header"): [string, string][] {
  return lines.map((line) => {
    const [, name, value] = line.match(/^([^\s:]+)\s*:\s*(.*?)\s*$/) ?? [];
    if (name !== undefined) return checked(name, value!, place);
    throw new UsageError(
      `Cannot use ${place} as it must be a name and a value, as in 'Accept: text/html': current value is ${
        JSON.stringify(line)
      }`,
    );
  });
}

/** Headers hold bytes, not text: what is not ASCII has to be written in some encoding first. */
function checked(name: string, value: string, place: string): [string, string] {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)) {
    throw new UsageError(`Cannot use ${place} as ${JSON.stringify(name)} is no name of a header`);
  }
  if (/[^\t\x20-\x7e]/.test(value)) {
    throw new UsageError(
      `Cannot use ${place} as ${name} must be plain ASCII: current value is ${JSON.stringify(value)}`,
      "Encode it as the server expects it: most read percent-encoded UTF-8",
    );
  }
  return [name, value];
}

function readLine(words: readonly string[], place: string): DownloadRequest {
  const { _: urls, ...given } = parseArgs([...words], {
    string: ["_", ...OPTIONS],
    collect: REPEATED,
    alias: { output: "o", header: "H" },
    unknown(arg, key) {
      if (key === undefined) return true;
      throw new UsageError(
        `${place}: There is no option ${arg.split("=")[0]} for a line`,
        didYouMean(key, OPTIONS, "--", `A line may have --${OPTIONS.join(", --")}`),
      );
    },
  });
  const [url, ...others] = urls.map(String);
  if (url === undefined || others.length > 0) {
    throw new UsageError(`${place}: A line has one URL: current value is ${urls.join(" ")}`);
  }
  const { output, checksum, header, mirror } = given as Record<string, unknown>;
  return {
    url,
    ...typeof output === "string" && { name: output },
    ...typeof checksum === "string" && { checksum: checkedSum(checksum, `${place}: --checksum`) },
    headers: readHeaders(header as string[], `${place}: --header`),
    mirrors: mirror as string[],
  };
}

/**
 * Check that a checksum is one.
 *
 * @param more What else is allowed there.
 */
export function checkedSum(text: string, place = "--checksum", more = ""): string {
  if (parseChecksum(text) !== undefined) return text;
  throw new UsageError(
    `Cannot use ${place} as it must be like sha256:HEX or sha256-BASE64${more}: current value is ${
      JSON.stringify(text)
    }`,
    more === "" ? undefined : "A list of checksums, like SHA256SUMS, has @ in front of its path",
  );
}

/** A word in quotation marks, maybe behind `--option=`, or without any. They are some only at the ends of a word. */
const WORD = /\s*(?:(--[\w-]+=)?(?:"(.*?)"|'(.*?)')(?!\S)|(\S+))/gy;

/** Split a line at its spaces, but not within quotation marks. An apostrophe within a word is one. */
function splitWords(line: string, place: string): string[] {
  // A comment may hold anything.
  if (line.startsWith("#")) return [];
  return line.matchAll(WORD).map(([, option = "", double, single, word]) => {
    if (word === undefined) return option + (double ?? single);
    if (/^(--[\w-]+=)?["']/.test(word)) throw new UsageError(`${place}: A quotation mark is not closed`);
    return word;
  }).toArray();
}

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
