// Exercise 2, file downloader: several files at once over HTTP, streamed to disk. A file gets its name when it is
// complete and right, never before; no file is overwritten, and one that fails does not spoil the others.
//
// Without URLs it downloads from a server of its own into a folder that is removed at the end; with URLs, into the
// current folder, which takes more permissions: deno run --allow-net --allow-read --allow-write
//
// Run: deno run --allow-net=127.0.0.1 --allow-read --allow-write examples/file_downloader.ts

import { createHash } from "node:crypto";
import { type CancelScope, gather, isCancelled, run } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own
import { SAMPLE_FILES, serveSampleFiles } from "./_sample_files.ts";

/** A file to download, and what is known of it. */
export interface Source {
  url: string;
  size?: number;
  /** In hexadecimal. */
  sha256?: string;
}

/** How far a download has come. */
export interface Progress {
  name: string;
  received: number;
  /** `null` when the server does not tell. */
  size: number | null;
}

/** A file that was downloaded, or why it was not. */
export type Download =
  | { ok: true; url: string; path: string; size: number; sha256: string; ms: number }
  | { ok: false; url: string; error: string; ms: number };

/** What the exercise found out. */
export interface DownloadReport {
  /** Where the files are; `null` when they have been removed again. */
  folder: string | null;
  files: Download[];
  ms: number;
  /** Of all that were downloaded. */
  size: number;
}

/** What to do besides downloading. */
export interface DownloadOptions {
  /** Called for each piece of a file. */
  onProgress?: (source: Source, progress: Progress) => void;
  /** Called at the end of each file. */
  onEnd?: (source: Source, download: Download) => void;
}

/** Download all sources at once into `folder`, which is made if need be. */
export async function downloadFiles(
  sources: readonly Source[],
  folder: string,
  { onProgress = () => {}, onEnd = () => {} }: DownloadOptions = {},
): Promise<DownloadReport> {
  await Deno.mkdir(folder, { recursive: true });
  const start = performance.now();

  async function download(source: Source, { signal }: CancelScope): Promise<Download> {
    const { url } = source;
    const start = performance.now();
    let result: Download;
    try {
      const file = await fetchFile(source, folder, signal, (progress) => onProgress(source, progress));
      result = { ok: true, url, ...file, ms: performance.now() - start };
    } catch (error) {
      // A cancellation is not a failed download: it says that the program is ending.
      if (isCancelled(error)) throw error;
      result = { ok: false, url, error: explain(error), ms: performance.now() - start };
    }
    onEnd(source, result);
    return result;
  }

  const downloads = sources.map((source) => (scope: CancelScope) => download(source, scope));
  const files = await gather(downloads, { concurrency: 6 });
  const size = files.reduce((sum, file) => sum + (file.ok ? file.size : 0), 0);
  return { folder, files, ms: performance.now() - start, size };
}

/** Download the sample files from a server of this program's own, and remove them again unless there is a folder. */
export async function downloadSamples(folder?: string, options?: DownloadOptions): Promise<DownloadReport> {
  await using server = serveSampleFiles();
  const { port } = server.addr;
  const sources = SAMPLE_FILES.map(({ name, ...known }) => ({ url: `http://127.0.0.1:${port}/${name}`, ...known }));
  if (folder !== undefined) return await downloadFiles(sources, folder, options);

  const temporary = await Deno.makeTempDir({ prefix: "asyncio-" });
  try {
    return { ...await downloadFiles(sources, temporary, options), folder: null };
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

/** Download one file, and check it. Whatever happens, nothing but a complete file is left. */
async function fetchFile(
  source: Source,
  folder: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<{ path: string; size: number; sha256: string }> {
  const url = parseUrl(source.url);
  const name = nameOf(url);
  const part = await createPart(within(folder, name));
  try {
    const response = await fetch(url, { signal, headers: { "accept-encoding": "identity" } });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`The server answered ${response.status} ${response.statusText}`.trim());
    }
    const size = source.size ?? sizeOf(response);
    const hash = createHash("sha256");
    let received = 0;
    const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        hash.update(chunk);
        received += chunk.length;
        onProgress({ name, received, size });
        controller.enqueue(chunk);
      },
    });
    const file = await Deno.open(part, { write: true });
    await response.body.pipeThrough(count).pipeTo(file.writable, { signal });

    const sha256 = hash.digest("hex");
    if (size !== null && received !== size) throw new Error(`Got ${received} of ${size} bytes`);
    if (sha256 !== (source.sha256 ?? sha256)) throw new Error(`Got digest ${sha256} instead of ${source.sha256}`);
    return { path: await publish(part, within(folder, name)), size: received, sha256 };
  } finally {
    await Deno.remove(part).catch(() => {}); // It is not there any more when it was renamed.
  }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new TypeError(`Not a URL`);
  if (!/^https?:$/.test(url.protocol)) throw new TypeError(`Neither http nor https`);
  return url;
}

/** The last part of the path, made safe as the name of a file. */
function nameOf({ pathname }: URL): string {
  const last = pathname.slice(pathname.lastIndexOf("/") + 1);
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // Not every path is encoded text; it stays as it is.
  }
  // deno-lint-ignore no-control-regex
  name = name.replace(/[\x00-\x1f\x7f\\/:*?"<>|]/g, "_").replace(/^[.\s-]+|[.\s]+$/g, "").slice(0, 80);
  return name === "" ? "index.html" : name;
}

/** What the server says, unless it speaks of something compressed. */
function sizeOf({ headers }: Response): number | null {
  const length = headers.get("content-length");
  return length === null || headers.has("content-encoding") ? null : Number(length);
}

/** The path of a file in a folder, short if that is the current one. */
function within(folder: string, name: string): string {
  return folder === "." ? name : `${folder.replace(/\/+$/, "")}/${name}`;
}

/** Create an empty file next to where the complete one will be. */
async function createPart(path: string): Promise<string> {
  for (const name of numbered(path)) {
    try {
      using _file = await Deno.open(`${name}.part`, { write: true, createNew: true });
      return `${name}.part`;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
  throw new Error("unreachable");
}

/** Give a complete file its name; where that is taken, one with a number. */
async function publish(part: string, path: string): Promise<string> {
  for (const name of numbered(path)) {
    try {
      // Linking fails where there is such a file, while renaming would replace it.
      await Deno.link(part, name);
      return name;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists || await exists(name)) continue;
      // Some file systems know no links.
      await Deno.rename(part, name);
      return name;
    }
  }
  throw new Error("unreachable");
}

/** `a/b.txt`, `a/b (1).txt`, `a/b (2).txt`, … */
function* numbered(path: string): Generator<string> {
  yield path;
  const dot = path.lastIndexOf(".");
  const end = dot > path.lastIndexOf("/") + 1 ? dot : path.length;
  for (let i = 1;; i++) yield `${path.slice(0, end)} (${i})${path.slice(end)}`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

/** Say in one line what went wrong. The platform keeps the reason of a failed request in the cause of its error. */
function explain(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = reason instanceof Error ? reason.message : String(reason);
  return text.replace(/^error sending request for url \(.*?\): (client error \(\w+\): )?/, "");
}

async function main(): Promise<void> {
  function onEnd({ url }: Source, file: Download): void {
    console.log(file.ok ? `${file.path.split("/").pop()}: ${file.size} bytes` : `${url}: ${file.error}`);
  }

  const { files, ms } = Deno.args.length === 0
    ? await downloadSamples(undefined, { onEnd })
    : await downloadFiles(Deno.args.map((url) => ({ url })), ".", { onEnd });
  const complete = files.filter(({ ok }) => ok).length;
  console.log(`${complete} of ${files.length} files in ${Math.round(ms)} ms`);
  if (complete < files.length) Deno.exitCode = 1;
}

if (import.meta.main) await run(main);

// Output:
// squares.bin: 300007 bytes
// silence.bin: 524288 bytes
// counting.bin: 786432 bytes
// alphabet.bin: 1048576 bytes
// 4 of 4 files in … ms
