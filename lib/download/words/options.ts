import { checkCount, checkFunction, checkMs, inspectBriefly } from "../../core/checks.ts";
import type { WaitOptions } from "../../core/waiter.ts";
import { ALGORITHMS, type DigestAlgorithm, isAlgorithm } from "./checksum.ts";
import type { DownloadEvent } from "./report.ts";
import type { HeaderList } from "./request.ts";

/** What to do about a file that its server stores compressed: save it as it is, unpack it, or fail. */
export type EncodedFile = "keep" | "decode" | "refuse";

/** What to do about a file that is there already: take another name, replace it, or leave out the download. */
export type ExistingFile = "rename" | "overwrite" | "skip";

/** Options of `download`. */
export interface DownloadOptions extends WaitOptions {
  /**
   * The folder for the files; it is made if need be.
   *
   * @default "."
   */
  dir?: string | undefined;
  /**
   * Requests at a time, from 1.
   *
   * @default 16
   */
  concurrency?: number | undefined;
  /**
   * Requests at a time to one host, from 1; fewer while it answers 429 or 503.
   *
   * @default 8
   */
  perHost?: number | undefined;
  /**
   * Requests at a time for one file, from 1: more than one can be faster where a server limits each connection. Used for
   * files from 32 MiB, on servers that support it, when the first 16 MiB have come at less than 64 MiB/s.
   *
   * @default 1
   */
  split?: number | undefined;
  /**
   * How often a failed attempt is repeated, from 0, if the failure may pass: network, 408, 425, 429, 5xx, any refusal with
   * a `Retry-After`, wrong digest. Above 0, the count begins anew whenever an attempt has brought something that the next can resume.
   *
   * @default 4
   */
  retries?: number | undefined;
  /**
   * The longest wait before the first repetition, in milliseconds; doubled for each one after. The actual wait is left to
   * chance, from 0, so that many clients do not come back at once.
   *
   * @default 1000
   */
  retryDelay?: number | undefined;
  /**
   * How long to obey `Retry-After` at most, in milliseconds.
   *
   * @default 60_000
   */
  maxRetryAfter?: number | undefined;
  /**
   * Time to connect and get the head of the answer, in milliseconds.
   *
   * @default 30_000
   */
  connectTimeout?: number | undefined;
  /**
   * Time without a byte, in milliseconds.
   *
   * @default 30_000
   */
  idleTimeout?: number | undefined;
  /**
   * Bytes a second that a connection must bring, on average over `idleTimeout`: a slower one is given up, as if nothing
   * came, and tried again.
   *
   * @default 0
   */
  lowSpeed?: number | undefined;
  /**
   * Time for one file with all its attempts, in milliseconds; it runs from its first turn on.
   *
   * @default Infinity
   */
  timeout?: number | undefined;
  /**
   * Bytes of one file, at most.
   *
   * @default Infinity
   */
  maxSize?: number | undefined;
  /**
   * Bytes a second, for all files together, from 1.
   *
   * @default Infinity
   */
  limitRate?: number | undefined;
  /**
   * Go on with what an earlier run has left, where that is safe.
   *
   * @default true
   */
  resume?: boolean | undefined;
  /**
   * What to do about a file that is there already. Folders, pipes, sockets and devices are never overwritten, nor taken for
   * the file; a link is replaced itself, and what it leads to is left as it is. With `"skip"`, a file that is there must have
   * the checksum of the request, if that has one: otherwise the download fails, and the file is kept.
   *
   * @default "rename"
   */
  existing?: ExistingFile | undefined;
  /**
   * Let the server name the file, with a `Content-Disposition` header.
   *
   * @default false
   */
  contentDisposition?: boolean | undefined;
  /**
   * What to do about a file that its server stores compressed, and sends so though it was asked for the file itself:
   *
   * - `"keep"` saves what is stored. That is what sizes, ranges and checksums are about; the result says how it is encoded.
   * - `"decode"` unpacks it (gzip, deflate, brotli). Such a file cannot be resumed, and a checksum is that of what was unpacked.
   * - `"refuse"` fails.
   *
   * A file that is called compressed, `data.tar.gz`, is always saved as it is.
   *
   * @default "keep"
   */
  encoded?: EncodedFile | undefined;
  /**
   * Compute this digest of files without a checksum of their own: it costs time where the network is faster than about a
   * gigabit a second.
   *
   * @default undefined
   */
  digest?: DigestAlgorithm | undefined;
  /**
   * A file of cookies, in the format that curl and wget keep them in: read before the first request, and written after the
   * last, with what servers have set. Without one, they are kept for the call.
   *
   * @default undefined
   */
  cookieJar?: string | undefined;
  /** Sent with every request. A `Host` counts for the origin that was asked for, not for where it redirects to. */
  headers?: HeadersInit | undefined;
  /**
   * Makes the connections: for certificates, proxies, HTTP/2. Not closed.
   *
   * @default a client of its own, with HTTP/1.1: it is several times as fast as HTTP/2 in Deno
   */
  client?: Deno.HttpClient | undefined;
  /** Told of everything that happens, as it happens. What it throws ends all downloads. */
  onEvent?: ((event: DownloadEvent) => void) | undefined;
}

/** The options, checked, with defaults filled in. */
export type Settings =
  & Required<
    {
      [K in Exclude<keyof DownloadOptions, "signal" | "digest" | "cookieJar" | "headers" | "client" | "onEvent">]:
        Exact<
          DownloadOptions[K]
        >;
    }
  >
  & {
    readonly digest: DigestAlgorithm | undefined;
    readonly headers: HeaderList;
    readonly onEvent: (event: DownloadEvent) => void;
  };

type Exact<T> = Exclude<T, undefined>;

const ENCODED: readonly EncodedFile[] = ["keep", "decode", "refuse"];
const EXISTING: readonly ExistingFile[] = ["rename", "overwrite", "skip"];

/**
 * Check the options.
 *
 * @throws {TypeError} When one is of the wrong kind.
 * @throws {RangeError} When one is out of range.
 */
export function readOptions(options: DownloadOptions): Settings {
  const settings: Settings = {
    dir: options.dir ?? ".",
    concurrency: options.concurrency ?? 16,
    perHost: options.perHost ?? 8,
    split: options.split ?? 1,
    retries: options.retries ?? 4,
    retryDelay: options.retryDelay ?? 1000,
    maxRetryAfter: options.maxRetryAfter ?? 60_000,
    connectTimeout: options.connectTimeout ?? 30_000,
    idleTimeout: options.idleTimeout ?? 30_000,
    lowSpeed: options.lowSpeed ?? 0,
    timeout: options.timeout ?? Infinity,
    maxSize: options.maxSize ?? Infinity,
    limitRate: options.limitRate ?? Infinity,
    resume: options.resume ?? true,
    existing: options.existing ?? "rename",
    contentDisposition: options.contentDisposition ?? false,
    encoded: options.encoded ?? "keep",
    digest: options.digest,
    headers: [...new Headers(options.headers)],
    onEvent: options.onEvent ?? ignore,
  };
  for (const name of ["concurrency", "perHost", "split", "limitRate"] as const) {
    checkCount("download", name, settings[name]);
  }
  for (const name of ["retries", "maxSize", "lowSpeed"] as const) checkCount("download", name, settings[name], 0);
  for (const name of ["retryDelay", "maxRetryAfter", "connectTimeout", "idleTimeout", "timeout"] as const) {
    checkMs("download", settings[name]);
  }
  checkFunction("report on a download", settings.onEvent);
  checkChoice("existing", settings.existing, EXISTING);
  checkChoice("encoded", settings.encoded, ENCODED);
  if (settings.digest !== undefined && !isAlgorithm(settings.digest)) {
    checkChoice("digest", settings.digest, ALGORITHMS);
  }
  return settings;
}

function checkChoice(what: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new TypeError(
    `Cannot download as ${what} must be one of ${choices.join(", ")}: current value is ${inspectBriefly(value)}`,
  );
}

function ignore(): void {}
