import type { Output } from "../show/output.ts";
import { formatMs } from "../../text/durations.ts";
import { later } from "../words/command.ts";
import type { Palette } from "../../text/palette.ts";

/** What an exercise has shown. */
export interface Finding {
  /** Whether all went well. */
  readonly ok: boolean;
  /** What was shown, in a sentence without a period. */
  readonly shown: string;
  /** How long it took one by one and at once, in milliseconds; `null` when it is not about time. */
  readonly times: { readonly before: number; readonly after: number } | null;
}

/** How the command line presents an exercise whose report is an `R`. */
export interface Presentation<R> {
  readonly title: string;
  /** Print the report for people. */
  show(report: R, output: Output): void;
  /** Sum the report up. */
  sumUp(report: R): Finding;
}

/** An exercise that was run. */
export interface Performance extends Finding {
  readonly title: string;
  readonly report: unknown;
}

/** Run an exercise, with its report for people unless `silent`. */
export async function perform<R>(
  { title, show, sumUp }: Presentation<R>,
  run: () => Promise<R>,
  output: Output,
  silent: boolean,
): Promise<Performance> {
  if (!silent) output.print(output.out.paint.title(title));
  const report = await run();
  if (!silent) {
    output.print();
    show(report, output);
  }
  return { title, ...sumUp(report), report };
}

/** Run an exercise as a command of its own. Returns whether all went well. */
export async function performAlone<R>(
  presentation: Presentation<R>,
  run: () => Promise<R>,
  output: Output,
  json: boolean,
): Promise<boolean> {
  const { ok, report } = await perform(presentation, run, output, json);
  if (json) output.printJson(report);
  return ok;
}

/** Say what concurrency saved: `6.0 s → 3.0 s, 3.0 s saved`. */
export function saving(before: number, after: number, paint: Palette): string {
  const scale = Math.max(before, after);
  const difference = formatMs(Math.abs(before - after), scale);
  const effect = after > before ? `${difference} lost` : `${difference} saved`;
  return paint.good(`${formatMs(before, scale)} → ${formatMs(after, scale)}, ${effect}`);
}

/** Run an exercise in virtual time, if that is asked for: its waits, and its view of the time, but none of it passes. */
export async function virtuallyIf<R>(virtual: boolean, run: () => Promise<R>): Promise<R> {
  if (!virtual) return await run();
  const { virtualTime } = await later<typeof import("../../testing/virtual_time.ts")>(
    import.meta.resolve("../../testing/virtual_time.ts"),
  );
  return await virtualTime(run, { globals: true });
}
