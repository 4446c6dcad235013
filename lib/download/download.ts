import { currentScope } from "../core/ambient.ts";
import { checkpoint } from "../tasks/sleep.ts";
import { gather } from "../tasks/gather.ts";
import { taskAround } from "../tasks/task_scope.ts";
import { BufferPool, RateLimit } from "./http/receive.ts";
import { readCookieJar, writeCookieJar } from "./http/cookie_jar.ts";
import { Cookies } from "./http/cookies.ts";
import { checkExistingFile } from "./disk/digest.ts";
import { DownloadError } from "./words/download_error.ts";
import { FileDownload, isNamedByServer } from "./file_download.ts";
import { Folder } from "./disk/folder.ts";
import { SizePoll } from "./disk/size_poll.ts";
import { type DownloadOptions, readOptions } from "./words/options.ts";
import { proxyFor } from "./http/send.ts";
import { type DownloadRequest, type FileRequest, readRequest, showUrl } from "./words/request.ts";
import type { DownloadResult } from "./words/report.ts";
import { nameInUrl } from "./words/safe_name.ts";
import { Schedule } from "./plan/schedule.ts";
import type { Session } from "./attempt.ts";

/**
 * Download files, several at a time, and never a wrong one.
 *
 * - A file gets its name when it is complete and right, never before: length and checksum are those announced. Until
 *   then it is `NAME.part`, which only its owner can read. No file is overwritten unless `existing` says so, and nothing is written outside of `dir`.
 * - A broken download goes on where it stopped, in the same call and in later ones, also after the program was killed.
 *   That takes a server that tells versions apart (a strong `ETag`, or a `Last-Modified` that is old enough) and confirms
 *   that the rest is of the same version. Whenever it does not, the file is fetched from the start, never joined of two.
 * - A server that says what a file adds up to (`Repr-Digest`) is believed, and the file is checked, unless the request has a checksum.
 * - Failures that may pass are tried again. A host that answers 429 or 503, or refuses with a `Retry-After`, is left alone
 *   for as long as it says, and gets half as many requests from then on, until it is well again.
 * - One file that fails does not affect the others: its result says why. Parts that a later call can resume are kept;
 *   others are removed.
 * - When the calling task is cancelled, all downloads stop; parts are kept in the same way. The `"interrupted"` events
 *   tell which.
 * - A URL that redirects gets no `Authorization` or `Cookie` that was meant for another origin.
 *
 * A server that tells neither the length of a file nor its end (HTTP/1.0) can break off without anybody noticing; only a
 * checksum helps there.
 *
 * @example One that is there and one that is not
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { download } from "@asyncio/toolkit/download";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, (request) =>
 *   request.url.endsWith("/poem.txt") ? new Response("roses are red") : new Response("what?", { status: 404 }));
 * const site = `http://127.0.0.1:${server.addr.port}`;
 * const dir = await Deno.makeTempDir();
 *
 * const [poem, missing] = await download([`${site}/poem.txt`, `${site}/prose.txt`], { dir });
 *
 * assert(poem?.status === "complete");
 * assertEquals(await Deno.readTextFile(poem.path), "roses are red");
 * assert(missing?.status === "failed");
 * assertEquals(missing.error.message, "The server answered 404 Not Found");
 * await Deno.remove(dir, { recursive: true });
 * ```
 *
 * @param requests URLs, or requests with a name, headers, a checksum, mirrors.
 * @param options Where to, how many at a time, how patiently, and whom to tell.
 * @returns What became of each request, in their order.
 * @throws {CancelledError} When the calling task is cancelled.
 * @throws {TypeError} When an option is of the wrong kind.
 * @throws {RangeError} When an option is out of range.
 */
export async function download(
  requests: Iterable<string | URL | DownloadRequest>,
  options: DownloadOptions = {},
): Promise<DownloadResult[]> {
  const settings = readOptions(options);
  const { cookieJar } = options;
  const cookies = cookieJar === undefined ? new Cookies() : await readCookieJar(cookieJar);
  const client = options.client ?? Deno.createHttpClient({ http2: false, allowHost: true });
  const { dir, existing, resume, concurrency, perHost, limitRate } = settings;
  const session: Session = {
    settings,
    client,
    proxyOf: options.client === undefined ? (url) => proxyFor(url) : () => undefined,
    cookies,
    folder: new Folder(dir, existing, resume),
    schedule: new Schedule(concurrency, perHost),
    rate: new RateLimit(limitRate),
    buffers: new BufferPool(),
    sizePoll: new SizePoll(settings.idleTimeout),
  };
  try {
    const sessions = new Map([["", session]]);
    const files: FileTask[] = [];
    for (const request of requests) {
      files.push(begin(request, files.length, sessions));
      if (files.length % STRIDE === 0) await checkpoint({ signal: options.signal });
    }
    const told = files.map(({ name, run }, index) => async () => {
      taskAround(currentScope())!.name = name;
      const result = await run();
      settings.onEvent({ type: "end", index, url: result.url, result });
      return result;
    });
    return await gather(told, { signal: options.signal });
  } finally {
    if (cookieJar !== undefined) await writeCookieJar(cookieJar, cookies);
    if (options.client === undefined) client.close();
  }
}

/** Requests to be read between two turns of the event loop. */
const STRIDE = 512;

/** One download, and what it is called among all tasks. */
interface FileTask {
  readonly name: string;
  run(): Promise<DownloadResult>;
}

/**
 * Read one request and reserve its name, so that names are given in the order of the requests. One that makes no sense
 * fails as a download, and not all the others with it.
 */
function begin(
  input: string | URL | DownloadRequest,
  index: number,
  sessions: Map<string, Session>,
): FileTask {
  const common = sessions.get("")!;
  try {
    const request = readRequest(input, index, common.settings.headers);
    const [source] = request.sources;
    const session = sessions.getOrInsertComputed(request.folder, (folder) => below(common, folder));
    const name = session.folder.reserve(request.name ?? nameInUrl(source!.url), request.url);
    return { name, run: () => downloadOne(request, session, name) };
  } catch (error) {
    const result = failed(showUrl(input), error);
    return { name: result.url, run: () => Promise.resolve(result) };
  }
}

/** The same session, in a folder below. */
function below(session: Session, path: string): Session {
  const { existing, resume } = session.settings;
  return { ...session, folder: new Folder(session.folder.pathOf(path), existing, resume) };
}

/** The result of a download that never began. */
function failed(url: string, error: unknown): DownloadResult {
  if (!(error instanceof DownloadError)) throw error;
  return { status: "failed", url, error, ms: 0, attempts: 0, part: null };
}

/** Download one file when its turn has come: until then it costs next to nothing. */
async function downloadOne(request: FileRequest, session: Session, name: string): Promise<DownloadResult> {
  const { folder, schedule } = session;
  const { host } = request.sources[0]!.url;
  try {
    if (!isNamedByServer(request, session) && folder.isThere(name)) {
      const path = folder.pathOf(name);
      const { checksum } = request;
      // Not all of a thousand files at a time.
      if (checksum !== undefined) await schedule.inTurn(host, () => checkExistingFile(path, checksum));
      return { status: "skipped", url: request.url, path };
    }
  } catch (error) {
    return failed(request.url, error);
  }
  using turn = await schedule.acquire(host);
  return await new FileDownload(request, session, name, turn).run();
}
