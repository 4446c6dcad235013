import { format as formatBytes } from "@std/fmt/bytes";
import type { DownloadEndEvent, DownloadEvent } from "../../download/mod.ts";
import { formatMs } from "../../text/durations.ts";
import type { Output } from "../show/output.ts";
import { ProgressBars } from "../show/progress_bars.ts";

/** Shows what happens to files that are downloaded. */
export class DownloadDisplay implements Disposable {
  readonly #output: Output;
  readonly #json: boolean;
  readonly #bars: ProgressBars<number> | undefined;
  /** Parts that were kept when the program was interrupted. */
  #kept = 0;

  /**
   * @param output Where to.
   * @param count How many files there are.
   * @param json Whether to print events for machines, instead of bars and lines.
   */
  constructor(output: Output, count: number, json = false) {
    this.#output = output;
    this.#json = json;
    if (!json && output.err.isTerminal && !output.quiet) this.#bars = new ProgressBars(output.err, count);
  }

  readonly onEvent = (event: DownloadEvent): void => {
    if (this.#json) this.#output.printJsonLine(event);
    switch (event.type) {
      case "start":
      case "progress":
        return this.#bars?.update(event.index, event);
      case "retry":
        return this.#say(`${event.url}: ${event.error.message}; trying again`);
      case "interrupted":
        if (event.part !== null) this.#kept++;
        return;
      case "end":
        return this.#end(event);
    }
  };

  /** Say how to go on after an interruption. */
  interrupted(): void {
    this.#bars?.clear();
    if (this.#kept === 0) return;
    const parts = this.#kept === 1 ? "1 file is kept in part" : `${this.#kept} files are kept in part`;
    this.#output.say(`${parts}: the same command goes on where this one stopped`);
  }

  /** Leave the terminal as it was. */
  [Symbol.dispose](): void {
    this.#bars?.[Symbol.dispose]();
  }

  #end({ index, url, result }: DownloadEndEvent): void {
    this.#bars?.end(index, result.status === "complete" ? result.bytes : 0);
    switch (result.status) {
      case "complete":
        if (result.encoding !== null) {
          this.#say(`${nameOf(result.path)}: saved as it is stored (${result.encoding}); --encoded decode unpacks it`);
        }
        // With bars, the table at the end is enough.
        if (this.#bars === undefined) {
          this.#say(`${nameOf(result.path)}: ${formatBytes(result.bytes)} in ${formatMs(result.ms)}`);
        }
        return;
      case "skipped":
        return this.#say(`${nameOf(result.path)}: skipped, as it is there already`);
      case "failed": {
        const hint = result.part === null ? undefined : `The same command goes on with ${result.part}`;
        this.#bars?.clear();
        return this.#output.fail(`${url}: ${result.error.message}`, hint);
      }
    }
  }

  #say(line: string): void {
    if (this.#json) return;
    this.#bars?.clear();
    this.#output.say(line);
  }
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
