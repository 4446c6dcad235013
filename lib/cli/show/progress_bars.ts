import { widthOf } from "../../text/layout.ts";
import type { Screen } from "./output.ts";
import { type Progress, progressLine } from "./progress_line.ts";

/** Often enough for the eye, seldom enough to cost nothing. */
const REDRAW_MS = 100;

/** With this a terminal hides its cursor, and shows it again. */
const HIDE = "\x1b[?25l";
const SHOW = "\x1b[?25h";

/** Something that is going on. */
interface Bar {
  readonly progress: Progress;
  readonly speedometer: Speedometer;
}

/**
 * A bar for each thing that is going on and one for all, redrawn in place on standard error at most ten times a second,
 * and gone at the end. Only for terminals.
 *
 * @typeParam K What tells the bars apart.
 */
export class ProgressBars<K> implements Disposable {
  readonly #screen: Screen;
  readonly #count: number;
  readonly #write: (text: string) => void;
  readonly #bars = new Map<K, Bar>();
  readonly #total = new Speedometer();
  #ended = 0;
  /** Bytes of all that has ended. */
  #bytesEnded = 0;
  /** What is on the screen, for as long as it is. */
  #drawn: readonly string[] = [];
  #lastDrawn = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param screen The terminal.
   * @param count How many things there are in all. A single one needs no total.
   * @param write Writes to the terminal.
   */
  constructor(screen: Screen, count: number, write: (text: string) => void = writeToStderr) {
    this.#screen = screen;
    this.#count = count;
    this.#write = write;
    // Windows has no such signal.
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGWINCH", this.#onResize);
    // However the program ends, even by a second Ctrl-C, the cursor must be there again.
    globalThis.addEventListener("unload", this.#onUnload);
  }

  /** Show how far `key` has come. */
  update(key: K, progress: Progress): void {
    const { speedometer } = this.#bars.get(key) ?? { speedometer: new Speedometer() };
    speedometer.read(progress.received, performance.now());
    this.#bars.set(key, { progress, speedometer });
    this.#redrawSoon();
  }

  /** Take the bar of `key` away; in all, it has come to `bytes`. */
  end(key: K, bytes: number): void {
    this.#bars.delete(key);
    this.#ended++;
    this.#bytesEnded += bytes;
    this.#redrawSoon();
  }

  /** Draw at once. */
  redraw(): void {
    const now = this.#lastDrawn = performance.now();
    const { width, height, paint } = this.#screen;
    const bars = [...this.#bars.values()];
    const lines = bars.map(({ progress, speedometer }) => progressLine(progress, speedometer.speed(now), width, paint));
    const total = this.#sum(bars);
    this.#total.read(total.received, now);
    // More lines than the terminal has could not be taken back.
    const shown = lines.slice(0, Math.max(0, height - 2));
    if (this.#count > 1) shown.push(progressLine(total, this.#total.speed(now), width, paint));
    // In one piece, so that nothing flickers.
    this.#write(`${this.#back()}${HIDE}${shown.map((line) => `${line}\n`).join("")}`);
    this.#drawn = shown;
  }

  /** Make room for lines of something else: what is drawn next comes below them. */
  clear(): void {
    if (this.#drawn.length === 0) return;
    this.#write(this.#back() + SHOW);
    this.#drawn = [];
  }

  /** Leave the terminal as it was. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGWINCH", this.#onResize);
    globalThis.removeEventListener("unload", this.#onUnload);
    this.clear();
  }

  readonly #onResize = (): void => this.#redrawSoon();
  readonly #onUnload = (): void => this.clear();

  #redrawSoon(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastDrawn + REDRAW_MS - performance.now());
    if (wait === 0) return this.redraw();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.redraw();
    }, wait);
  }

  /** All that has ended and is going on; its size is known when nothing else is to come. */
  #sum(bars: readonly Bar[]): Progress {
    let received = this.#bytesEnded;
    let size: number | null = this.#ended + bars.length === this.#count ? this.#bytesEnded : null;
    for (const { progress } of bars) {
      received += progress.received;
      size = size === null || progress.size === null ? null : size + progress.size;
    }
    return { name: `${this.#ended} of ${this.#count} files`, received, size };
  }

  /** Go back to where the first line begins, and erase all below. A terminal that was made narrower has broken lines. */
  #back(): string {
    const { width } = this.#screen;
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / width)), 0);
    return rows === 0 ? "" : `\x1b[${rows}A\r\x1b[J`;
  }
}

function writeToStderr(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
}

/** Over how long speed is measured: long enough to be steady, short enough to notice a change. */
const WINDOW_MS = 4000;

/** How many readings are kept of that. */
const READINGS = 20;

/** Tells how fast something that grows has been growing of late. */
export class Speedometer {
  readonly #readings: { readonly at: number; readonly amount: number }[] = [];

  /** The amount has come to `amount` at the time `at`, in milliseconds. */
  read(amount: number, at: number): void {
    const last = this.#readings.at(-1);
    // Less than before: it has started over.
    if (last !== undefined && amount < last.amount) this.#readings.length = 0;
    // Of readings that follow each other closely the latest is enough.
    const before = this.#readings.at(-2);
    if (before !== undefined && last!.at - before.at < WINDOW_MS / READINGS) this.#readings.pop();
    this.#readings.push({ at, amount });
    while (this.#readings.length > 2 && at - this.#readings[0]!.at > WINDOW_MS) this.#readings.shift();
  }

  /** Amount a second at the time `at`; `null` when it is too early to tell. */
  speed(at: number): number | null {
    const [first] = this.#readings;
    const last = this.#readings.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return null;
    // When nothing comes any more, speed goes down all the same.
    return ((last.amount - first.amount) / (Math.max(at, last.at) - first.at)) * 1000;
  }
}
