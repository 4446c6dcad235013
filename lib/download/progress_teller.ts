import type { DownloadError } from "./words/download_error.ts";
import type { DownloadEvent } from "./words/events.ts";
import type { FileRequest } from "./words/request.ts";

/** For the eye it is enough to hear of progress ten times a second. */
const PROGRESS_MS = 100;

/** Tells what happens to one file. */
export class ProgressTeller {
  readonly #base: { readonly index: number; readonly url: string };
  readonly #onEvent: (event: DownloadEvent) => void;
  #name = "";
  #size: number | null = null;
  #toldAt = 0;
  #received = 0;

  constructor({ index, url }: FileRequest, onEvent: (event: DownloadEvent) => void) {
    this.#base = { index, url };
    this.#onEvent = onEvent;
  }

  start(name: string, size: number | null, received: number, attempt: number): void {
    this.#name = name;
    this.#size = size;
    this.#toldAt = performance.now();
    this.#received = received;
    this.#onEvent({ type: "start", ...this.#base, name, size, received, attempt });
  }

  progress(received: number): void {
    const now = performance.now();
    if (received === this.#received || now - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = now;
    this.#received = received;
    this.#onEvent({ type: "progress", ...this.#base, name: this.#name, size: this.#size, received });
  }

  retry(error: DownloadError, attempt: number): void {
    this.#onEvent({ type: "retry", ...this.#base, error, attempt });
  }

  interrupted(part: string | null): void {
    this.#onEvent({ type: "interrupted", ...this.#base, part });
  }
}
