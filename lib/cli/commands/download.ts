import { format as formatBytes } from "@std/fmt/bytes";
import { downloadFiles, type DownloadReport } from "../../demo/download_files.ts";
import type { CompleteDownload, DownloadOptions, DownloadRequest } from "../../download/mod.ts";
import { readCookieJar } from "../../download/for_cli.ts";
import { isCancellation } from "../../errors.ts";
import type { Values } from "../words/command.ts";
import { DownloadDisplay, nameOf } from "./download_display.ts";
import { checkedSum, readChecksums, readHeaders, readList } from "./download_list.ts";
import type { DOWNLOAD_OPTIONS } from "./download_options.ts";
import { formatMs } from "../../text/durations.ts";
import type { Presentation } from "./exercise.ts";
import { table } from "../../text/layout.ts";
import type { Output } from "../show/output.ts";
import { placeOf } from "./place.ts";
import { UsageError } from "../words/usage_error.ts";

/** What is given on the command line besides URLs. */
type Given = Values<typeof DOWNLOAD_OPTIONS>;

/** Download several files at once. */
export async function download(output: Output, urls: string[], given: Given): Promise<boolean> {
  const requests = await readRequests(urls, given);
  if (given["cookie-jar"] !== undefined) await checkCookieJar(given["cookie-jar"]);
  using client = await clientOf(given);
  const options = { ...readOptions(given), client };
  const { json } = given;
  if (requests !== undefined && given.output === "-") return await downloadToOutput(output, requests[0]!, options);
  if (!json) output.print(output.out.paint.title(fileDownloader.title));
  const report = requests === undefined
    ? await showSamples(output, options, json)
    : await showingProgress(output, requests.length, (onEvent) =>
      downloadFiles(requests, { ...options, onEvent }), json);
  if (json) {
    const { ms, size: bytes, files } = report;
    output.printJsonLine({ type: "summary", ...counts(report), files: files.length, bytes, ms });
  } else {
    output.print();
    fileDownloader.show(report, output);
  }
  return fileDownloader.sumUp(report).ok;
}

/** Find out before anything is downloaded that a file of cookies cannot be used. */
async function checkCookieJar(path: string): Promise<void> {
  try {
    await readCookieJar(path);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw unreadable("--cookie-jar", path, error);
  }
}

/** Make the connections with more certificates, if so asked. */
async function clientOf({ cacert }: Given): Promise<Deno.HttpClient | undefined> {
  if (cacert === undefined) return undefined;
  const pem = await readText("--cacert", cacert);
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) {
    throw new UsageError(`Cannot use --cacert as it must be a file of certificates in PEM: current value is ${cacert}`);
  }
  try {
    return Deno.createHttpClient({ http2: false, allowHost: true, caCerts: [pem] });
  } catch (error) {
    throw new UsageError(
      `Cannot use --cacert as ${cacert} has no certificate that can be read: ${(error as Error).message}`,
    );
  }
}

/** Write one file to standard output, once it is complete and right: it waits on disk until then. */
async function downloadToOutput(output: Output, request: DownloadRequest, options: DownloadOptions): Promise<boolean> {
  const dir = await Deno.makeTempDir({ prefix: "asyncio-" });
  try {
    const download = (onEvent: DownloadOptions["onEvent"]) => downloadFiles([request], { ...options, dir, onEvent });
    const { files: [file] } = await showingProgress(output, 1, download);
    if (file?.status !== "complete") return false;
    using content = await Deno.open(file.path);
    await content.readable.pipeTo(Deno.stdout.writable, { preventClose: true });
    return true;
  } catch (error) {
    // The reader of the output has seen enough.
    if (error instanceof Deno.errors.BrokenPipe) return true;
    throw error;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Download the samples of the exercise; its program, and the toolkit with it, is loaded only for them. */
async function showSamples(output: Output, options: DownloadOptions, json: boolean): Promise<DownloadReport> {
  const [{ downloadSamples }, { SAMPLE_FILES }] = await Promise.all([
    import("../../demo/file_downloader.ts"),
    import("../../demo/sample_files.ts"),
  ]);
  const samples = (onEvent: DownloadOptions["onEvent"]) => downloadSamples({ ...options, onEvent });
  return await showingProgress(output, SAMPLE_FILES.length, samples, json);
}

/** Download with a bar for each file on a terminal, a line for each anywhere else, or events for machines. */
export async function showingProgress(
  output: Output,
  count: number,
  download: (onEvent: DownloadOptions["onEvent"]) => Promise<DownloadReport>,
  json = false,
): Promise<DownloadReport> {
  using display = new DownloadDisplay(output, count, json);
  try {
    return await download(display.onEvent);
  } catch (error) {
    if (isCancellation(error)) display.interrupted();
    throw error;
  }
}

/** How the exercise is shown. */
export const fileDownloader: Presentation<DownloadReport> = {
  title: "File downloader",
  show(report, output) {
    const { paint } = output.out;
    const { folder, files, size, ms } = report;
    const complete = files.filter((file): file is CompleteDownload => file.status === "complete");
    const rows = complete.map(({ path, bytes, ms, digest }) => [
      folder === null ? nameOf(path) : path,
      formatBytes(bytes),
      formatMs(ms),
      digest === null ? "" : paint.aside(`${digest.slice(0, digest.indexOf(":") + 13).replace(":", " ")}…`),
    ]);
    for (const line of table(rows, ["left", "right", "right", "left"])) output.print(line);
    if (complete.length > 0) output.print();
    const { skipped, failed } = counts(report);
    const skippedToo = skipped === 0 ? "" : `, ${skipped} skipped`;
    const kept = folder === null ? ", removed again" : "";
    const total = `${complete.length} of ${files.length} files, ${formatBytes(size)} in ${formatMs(ms)}`;
    output.print((failed === 0 ? paint.good : paint.bad)(total + skippedToo + kept));
  },
  sumUp(report) {
    const { files, size, ms } = report;
    const { complete, failed } = counts(report);
    return {
      ok: failed === 0,
      shown: `${complete} of ${files.length} files arrived whole and right, ${
        formatBytes(size)
      }; one by one is the sum of their times`,
      times: { before: files.reduce((sum, file) => sum + (file.status === "skipped" ? 0 : file.ms), 0), after: ms },
    };
  },
};

function counts({ files }: DownloadReport): Record<"complete" | "skipped" | "failed", number> {
  const found = { complete: 0, skipped: 0, failed: 0 };
  for (const { status } of files) found[status]++;
  return found;
}

/** What to download; `undefined` for the samples. */
async function readRequests(urls: readonly string[], given: Given): Promise<DownloadRequest[] | undefined> {
  const { input, output, checksum, samples, json } = given;
  const requests: DownloadRequest[] = urls.map((url) => ({ url }));
  if (input !== undefined) {
    requests.push(...readList(await readText("--input", input), input === "-" ? "standard input" : input));
  } else if (urls.length === 0 && !samples) {
    throw new UsageError("asyncio download needs a URL", "asyncio download --samples has some files of its own");
  }
  for (const [option, value] of [["--output", output], ["--checksum", checksum]] as const) {
    if (value === undefined || requests.length === 1 || (option === "--checksum" && value[0] === "@")) continue;
    throw new UsageError(
      `Cannot use ${option} as it is for a single URL: current number is ${requests.length}`,
      "In a list each line may have its own: see --input",
    );
  }
  if (output === "-" && json) throw new UsageError("Cannot use --output - and --json together");
  if (samples) {
    if (requests.length === 0) return undefined;
    throw new UsageError(`Cannot use --samples as there are URLs: current number is ${requests.length}`);
  }
  if (checksum !== undefined && checksum[0] !== "@") checkedSum(checksum, "--checksum", ", or @FILE");
  const sums = checksum?.startsWith("@")
    ? readChecksums(await readText("--checksum", checksum.slice(1)), checksum.slice(1))
    : undefined;
  const name = output === undefined || output === "-" ? undefined : placeOf(output).name;
  return requests.map((request) => ({
    ...request,
    ...name !== undefined && { name },
    ...checksum !== undefined && sums === undefined && { checksum },
    ...sums !== undefined && request.checksum === undefined && { checksum: sumOf(request, sums, checksum!.slice(1)) },
  }));
}

/** Find the checksum of a file by what its URL calls it, else by its own name. A file that is not listed is not let through. */
function sumOf({ url, name }: DownloadRequest, sums: ReadonlyMap<string, string>, list: string): string {
  const path = URL.parse(String(url))?.pathname ?? "";
  const last = nameOf(path);
  const sum = sums.get(last) ?? sums.get(decoded(last)) ?? (name === undefined ? undefined : sums.get(nameOf(name)));
  if (sum !== undefined) return sum;
  throw new UsageError(`Cannot check ${url} as ${list} has no checksum for ${JSON.stringify(decoded(last))}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Read the file that an option names; `-` is standard input. */
async function readText(option: string, path: string): Promise<string> {
  try {
    return await (path === "-" ? new Response(Deno.stdin.readable).text() : Deno.readTextFile(path));
  } catch (error) {
    throw unreadable(option, path, error);
  }
}

/** A file that an option names cannot be read: a mistake on the command line, like any other value that cannot be used. */
function unreadable(option: string, path: string, error: unknown): unknown {
  // What Deno was not allowed to do is told with what to allow.
  if (error instanceof Deno.errors.NotCapable) return error;
  const reason = error instanceof Deno.errors.NotFound
    ? "there is no such file"
    : (error as Error).message.replace(/ \(os error \d+\).*$/, "");
  return new UsageError(`Cannot read ${path} for ${option}: ${reason}`);
}

function readOptions(given: Given): DownloadOptions {
  if (given.overwrite && given["skip-existing"]) {
    throw new UsageError("Cannot use --overwrite and --skip-existing together");
  }
  return {
    dir: folderOf(given),
    concurrency: given.jobs,
    perHost: given["per-host"],
    split: given.split,
    retries: given.retries,
    connectTimeout: given["connect-timeout"],
    idleTimeout: given["idle-timeout"],
    lowSpeed: given["low-speed"],
    timeout: given.timeout,
    maxRetryAfter: given["max-retry-after"],
    maxSize: given["max-size"],
    limitRate: given["limit-rate"],
    cookieJar: given["cookie-jar"],
    headers: readHeaders(given.header),
    resume: !given["no-resume"],
    existing: given.overwrite ? "overwrite" : given["skip-existing"] ? "skip" : "rename",
    contentDisposition: given["content-disposition"],
    encoded: given.encoded,
  };
}

/** The folder of `--output` lies in that of `--dir`, unless it begins at the root. */
function folderOf({ dir, output = "" }: Given): string | undefined {
  const { folder, isAbsolute } = placeOf(output);
  if (folder === "") return dir;
  return dir === undefined || isAbsolute ? folder : `${dir}/${folder}`;
}
