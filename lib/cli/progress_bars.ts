import { format as formatBytes } from "@std/fmt/bytes";
import { cut, pad } from "./layout.ts";
import type { Screen } from "./output.ts";

/** How far something has come, in bytes. */
export interface Progress {
  readonly name: string;
  readonly received: number;
  /** `null` when nobody knows. */
  readonly size: number | null;
}

/** Often enough for the eye, seldom enough to cost nothing. */
const REDRAW_MS = 100;

/** Columns of a bar. */
const BAR = 24;

/** The longest amount, "1.05 MB / 12.58 MB", and some room. */
const AMOUNT = 19;

/**
 * A bar for each thing that is going on, redrawn in place on standard error, and gone at the end. Only for terminals.
 *
 * @typeParam K What tells the bars apart.
 */
export class ProgressBars<K> implements Disposable {
  readonly #screen: Screen;
  readonly #write: (text: string) => void;
  readonly #bars = new Map<K, Progress>();
  #drawn = 0;
  #lastDrawn = -Infinity;

  /**
   * @param screen The terminal.
   * @param write Writes to it.
   */
  constructor(screen: Screen, write: (text: string) => void = writeToStderr) {
    this.#screen = screen;
    this.#write = write;
  }

  /** Show how far `key` has come. */
  update(key: K, progress: Progress): void {
    this.#bars.set(key, progress);
    const now = performance.now();
    if (now - this.#lastDrawn < REDRAW_MS) return;
    this.#lastDrawn = now;
    this.#redraw();
  }

  /** Take the bar of `key` away. */
  remove(key: K): void {
    if (this.#bars.delete(key)) this.#redraw();
  }

  /** Leave the terminal as it was. */
  [Symbol.dispose](): void {
    this.#bars.clear();
    this.#redraw();
  }

  #redraw(): void {
    // More lines than the terminal has could not be taken back.
    const { width, height } = this.#screen;
    const lines = [...this.#bars.values()].slice(0, height - 1).map((progress) => this.#draw(progress, width));
    const back = this.#drawn === 0 ? "" : `\x1b[${this.#drawn}A`;
    // In one piece, so that nothing flickers.
    this.#write(`${back}\r\x1b[J${lines.map((line) => `${line}\n`).join("")}`);
    this.#drawn = lines.length;
  }

  #draw({ name, received, size }: Progress, width: number): string {
    const { paint } = this.#screen;
    const amount = size === null ? formatBytes(received) : `${formatBytes(received)} / ${formatBytes(size)}`;
    const room = width - AMOUNT - 3;
    if (size === null || room < BAR + 12) return `${pad(cut(name, room), Math.max(0, room))}  ${amount}`;
    const filled = size === 0 ? BAR : Math.min(BAR, Math.floor((received / size) * BAR));
    const bar = paint.good("━".repeat(filled)) + paint.aside("─".repeat(BAR - filled));
    const nameRoom = Math.min(30, room - BAR - 2);
    return `${pad(cut(name, nameRoom), nameRoom)}  ${bar}  ${amount}`;
  }
}

function writeToStderr(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
}
