import type { Options } from "../words/command.ts";
import { bytes, count, file, folder, milliseconds, oneOf, text } from "../words/values.ts";

/** Options of `download`. */
export const DOWNLOAD_OPTIONS = {
  input: {
    short: "i",
    value: { ...file, expects: "the path of a file, or - for standard input" },
    summary: "Read URLs from a file, or from standard input (-): one a line, with options of its own behind it",
  },
  dir: {
    short: "d",
    value: folder,
    summary: "Where to put the files; the current folder if not given",
  },
  output: {
    short: "o",
    value: { ...file, expects: "the path of a file, or - for standard output" },
    summary: "What to call the file of a single URL, just so; - for standard output, once it is complete and right",
  },
  jobs: { short: "j", value: count(1, 1000), default: 16, summary: "Requests at a time" },
  "per-host": { value: count(1, 1000), default: 8, summary: "Requests at a time to one host" },
  split: { value: count(1, 64), default: 1, summary: "Requests at a time for one large file, where that is faster" },
  retries: { value: count(0, 1000), default: 4, summary: "How often a failed attempt is repeated, if it may pass" },
  "connect-timeout": { value: milliseconds, default: 30_000, summary: "Time to connect and be answered" },
  "idle-timeout": { value: milliseconds, default: 30_000, summary: "Time without a byte" },
  timeout: { value: milliseconds, summary: "Time for one file, with all its attempts" },
  "low-speed": { value: bytes, summary: "Bytes a second that must come, on average over the idle timeout" },
  "max-retry-after": {
    value: milliseconds,
    default: 60_000,
    summary: "How long to wait at most when a host asks for it",
  },
  "max-size": { value: bytes, summary: "Size of one file, at most" },
  "limit-rate": { value: bytes, summary: "Bytes a second, for all files together" },
  checksum: {
    value: text("SUM", "an algorithm and a digest, as in sha256:9f86d0…, or @ and the path of a list"),
    summary: "What the file of a single URL has to add up to, as in sha256:9f86d0…; or @FILE, a list like SHA256SUMS",
  },
  header: {
    short: "H",
    value: text("HEADER", "a name and a value, as in 'Accept: text/html'"),
    summary: "Send a header, as in 'Accept: text/html'; may be repeated",
    many: true,
  },
  "no-resume": { summary: "Start over instead of going on with parts of an earlier run" },
  overwrite: { summary: "Replace files that are there already, instead of numbering the new ones" },
  "skip-existing": { summary: "Leave out files that are there already" },
  "content-disposition": { summary: "Let servers name the files" },
  samples: { summary: "Download a few files of an embedded server, to see how it looks" },
  "cookie-jar": {
    value: file,
    summary: "Read cookies from a file of curl's, and write them back with those that are set",
  },
  cacert: { value: file, summary: "Trust the certificates in a PEM file, too" },
  encoded: {
    value: oneOf("HOW", ["keep", "decode", "refuse"]),
    default: "keep",
    summary: "What to do about a file that is stored compressed: keep, decode or refuse",
  },
  json: { summary: "Print what happens as JSON, one event a line" },
} as const satisfies Options;
