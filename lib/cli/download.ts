import { format as formatBytes } from "@std/fmt/bytes";
import {
  downloadFiles,
  type DownloadOptions,
  type DownloadReport,
  downloadSamples,
  type Source,
} from "../../examples/file_downloader.ts";
import type { Values } from "./command.ts";
import { duration } from "./duration.ts";
import { performAlone, type Presentation } from "./exercise.ts";
import { table } from "./layout.ts";
import type { DOWNLOAD_OPTIONS } from "./options.ts";
import type { Output } from "./output.ts";
import { ProgressBars } from "./progress_bars.ts";

/** Download several files at once. */
export async function download(
  output: Output,
  urls: string[],
  { dir, json }: Values<typeof DOWNLOAD_OPTIONS>,
): Promise<boolean> {
  const run = (options: DownloadOptions) =>
    urls.length === 0
      ? downloadSamples(dir, options)
      : downloadFiles(urls.map((url) => ({ url })), dir ?? ".", options);
  return await performAlone(fileDownloader, () => showingProgress(output, run), output, json);
}

/** Download with a bar for each file on a terminal, and a line for each anywhere else. */
export async function showingProgress(
  output: Output,
  download: (options: DownloadOptions) => Promise<DownloadReport>,
): Promise<DownloadReport> {
  using bars = output.err.isTerminal && !output.quiet ? new ProgressBars<Source>(output.err) : undefined;
  return await download({
    onProgress: (source, progress) => bars?.update(source, progress),
    onEnd(source, file) {
      bars?.remove(source);
      if (!file.ok) output.fail(`Cannot download ${JSON.stringify(source.url)}: ${file.error}`);
      else if (bars === undefined) {
        output.say(`${nameOf(file.path)}: ${formatBytes(file.size)} in ${duration(file.ms)}`);
      }
    },
  });
}

/** How the exercise is shown. */
export const fileDownloader: Presentation<DownloadReport> = {
  title: "File downloader",
  show({ folder, files, size, ms }, output) {
    const { paint } = output.out;
    const complete = files.filter((file) => file.ok);
    const rows = complete.map(({ path, size, sha256, ms }) => [
      folder === null ? nameOf(path) : path,
      formatBytes(size),
      duration(ms),
      paint.aside(`sha256 ${sha256.slice(0, 12)}…`),
    ]);
    for (const line of table(rows, ["left", "right", "right", "left"])) output.print(line);
    if (complete.length > 0) output.print();
    const kept = folder === null ? ", removed again" : "";
    const total = `${complete.length} of ${files.length} files, ${formatBytes(size)} in ${duration(ms)}${kept}`;
    output.print(complete.length === files.length ? paint.good(total) : paint.bad(total));
  },
  sumUp({ files, size, ms }) {
    const complete = files.filter((file) => file.ok).length;
    return {
      ok: complete === files.length,
      shown: `${complete} of ${files.length} files arrived whole and right, ${
        formatBytes(size)
      }; one by one is the sum of their times`,
      times: { before: files.reduce((sum, file) => sum + file.ms, 0), after: ms },
    };
  },
};

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
