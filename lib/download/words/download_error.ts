/**
 * What kept a file from being downloaded:
 *
 * - `"request"`: the URL cannot be used, or leads somewhere it must not;
 * - `"network"`: the server was not reached, or the connection broke;
 * - `"timeout"`: nothing came for too long, or the whole took too long;
 * - `"status"`: the server refused, with the status in `error.status`;
 * - `"answer"`: the server sent something that cannot be taken for the file;
 * - `"size"`: the file is larger than allowed;
 * - `"checksum"`: all bytes came, but they are not the right ones;
 * - `"disk"`: the file could not be written;
 * - `"permission"`: Deno was started without a permission that it takes.
 */
export type DownloadErrorKind =
  | "request"
  | "network"
  | "timeout"
  | "status"
  | "answer"
  | "size"
  | "checksum"
  | "disk"
  | "permission";

/** Options of {@linkcode DownloadError}. */
export interface DownloadErrorOptions extends ErrorOptions {
  /** Whether another attempt may succeed. */
  retriable?: boolean;
  /** The HTTP status, when that is what it is about. */
  status?: number;
}

/**
 * Why one file was not downloaded. It is in the result of that file; `download` throws it for none.
 *
 * @example Look at what went wrong
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { download } from "@asyncio/toolkit/download";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, () => new Response("gone", { status: 410 }));
 *
 * const [result] = await download([`http://127.0.0.1:${server.addr.port}/file`]);
 * assert(result?.status === "failed");
 * assertEquals(result.error.kind, "status");
 * assertEquals(result.error.status, 410);
 * ```
 */
export class DownloadError extends Error {
  /** `"DownloadError"` */
  override readonly name = "DownloadError";
  /** What sort of thing went wrong. */
  readonly kind: DownloadErrorKind;
  /** Whether another attempt may succeed. */
  readonly retriable: boolean;
  /** The HTTP status, when `kind` is `"status"`. */
  readonly status: number | undefined;

  /**
   * Make one. `download` does this for you.
   *
   * @param kind What sort of thing went wrong.
   * @param message What went wrong, in a sentence without a period.
   * @param options Whether to try again; the status; the cause.
   */
  constructor(kind: DownloadErrorKind, message: string, options: DownloadErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.retriable = options.retriable ?? false;
    this.status = options.status;
  }

  /** For `JSON.stringify`, which would leave out the message. */
  toJSON(): { kind: DownloadErrorKind; message: string; status?: number } {
    const { kind, message, status } = this;
    return status === undefined ? { kind, message } : { kind, message, status };
  }
}
