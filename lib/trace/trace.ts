import { currentScope } from "../core/ambient.ts";
import { checkCount } from "../core/checks.ts";
import { realClock } from "../core/clock.ts";
import { watch } from "../core/instrument.ts";
import { realTime } from "../core/platform.ts";
import { summarize, type Summary } from "./analyse/mod.ts";
import { drawTimeline, type TimelineOptions } from "./draw/mod.ts";
import type { TraceFormat } from "./format_names.ts";
import { formatOf, render } from "./formats.ts";
import { type Recorded, Recorder } from "./record/mod.ts";

/** Options of {@linkcode startTrace}. */
export interface TraceOptions {
  /**
   * How many spans and waits are kept, 1 or more; the oldest make room for newer ones. One takes about 150 bytes.
   *
   * @default 100_000
   */
  capacity?: number | undefined;
}

/** A trace that is being recorded, or has been. `using` stops it at the end of a block. */
export interface Trace extends Disposable {
  /** Record no more. What was recorded stays. */
  stop(): void;
  /**
   * Get what was recorded up to now, as data.
   *
   * @returns A copy.
   */
  recorded(): Recorded;
  /**
   * Put what was recorded up to now into numbers: the critical path, what was waited for, how much went on at once.
   *
   * @returns The numbers; `formatSummary` tells them in words.
   */
  summary(): Summary;
  /**
   * Draw what was recorded up to now as a Gantt chart of characters.
   *
   * @param options `width`, `rows`, `color`.
   * @returns Lines for a terminal.
   */
  timeline(options?: TimelineOptions): string;
  /**
   * Write down what was recorded up to now.
   *
   * @param format `"html"`, `"svg"`, `"json"` (Chrome's format, for Perfetto), `"mmd"` or `"flow.mmd"` (mermaid).
   * @returns The text of such a file.
   */
  render(format: TraceFormat): string;
  /**
   * Save what was recorded up to now.
   *
   * @param path Where to; the ending chooses the format: `.html`, `.svg`, `.json`, `.mmd` or `.flow.mmd`.
   * @throws {TypeError} When the ending is none of these.
   */
  save(path: string): Promise<void>;
}

/** How often the loop shows that it is alive: slow enough to cost nothing, fast enough to tell idle from busy. */
const BEAT = 20;

/** What a trace holds unless told otherwise. */
const CAPACITY = 100_000;

/**
 * Record what tasks do from now on: when each began and ended and how, what it waited for, where it ran, and when the
 * event loop stood still. Several traces may go on at once.
 *
 * Memory is bounded, so that a trace can go on for as long as the program does; so is the cost, some microseconds a task.
 * Under a virtual clock, times are those of that clock.
 *
 * @example See what went on at once
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { gather, sleep } from "@asyncio/toolkit";
 * import { formatSummary, startTrace } from "@asyncio/toolkit/trace";
 *
 * using trace = startTrace();
 * await gather(
 *   function users() {
 *     return sleep(20);
 *   },
 *   function orders() {
 *     return sleep(40);
 *   },
 * );
 * console.log(trace.timeline());
 * console.log(formatSummary(trace.summary()));
 *
 * const { tasks, concurrency, saved } = trace.summary();
 * assertEquals(tasks.done, 2);
 * assertEquals(concurrency.peak, 2);
 * assert(saved > 0);
 * ```
 *
 * @param options How much to keep.
 * @returns The trace.
 * @throws {RangeError} When `capacity` is below 1 or not whole.
 */
export function startTrace(options: TraceOptions = {}): Trace {
  const { capacity = CAPACITY } = options;
  checkCount("start a trace", "capacity", capacity);
  return new RunningTrace(capacity);
}

class RunningTrace implements Trace {
  readonly #recorder: Recorder;
  readonly #stop: () => void;
  #final: Recorded | null = null;

  constructor(capacity: number) {
    const { clock } = currentScope();
    this.#recorder = new Recorder(clock, capacity);
    const unwatch = watch(this.#recorder);
    const stopBeating = clock === realClock ? keepBeating(() => this.#recorder.beat()) : () => {};
    this.#stop = () => {
      unwatch();
      stopBeating();
    };
  }

  stop(): void {
    if (this.#final !== null) return;
    this.#stop();
    this.#final = this.#recorder.recorded();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  recorded(): Recorded {
    return this.#final ?? this.#recorder.recorded();
  }

  summary(): Summary {
    return summarize(this.recorded());
  }

  timeline(options?: TimelineOptions): string {
    return drawTimeline(this.recorded(), options);
  }

  render(format: TraceFormat): string {
    return render(this.recorded(), format);
  }

  async save(path: string): Promise<void> {
    const format = formatOf(path);
    await Deno.writeTextFile(path, this.render(format));
  }
}

/** Call `beat` now and then while the event loop turns, without keeping it turning. Returns the function that ends it. */
function keepBeating(beat: () => void): () => void {
  const timer = realTime.setInterval(beat, BEAT);
  Deno.unrefTimer(timer);
  return () => realTime.clearInterval(timer);
}
