import { format as formatBytes } from "@std/fmt/bytes";
import { duration } from "./duration.ts";
import { cut, pad } from "../text/layout.ts";
import type { Palette } from "./palette.ts";

/** How far something has come, in bytes. */
export interface Progress {
  readonly name: string;
  readonly received: number;
  /** `null` when nobody knows. */
  readonly size: number | null;
}

/** Columns of a bar. */
const BAR = 24;

/** The longest amount is "1.05 MB / 12.58 MB". */
const AMOUNT = 19;

/** The longest speed is "123.45 MB/s", the longest time left "12 min 34 s left". */
const PACE = 30;

/**
 * Draw one line, no wider than the terminal: a name, a bar, the amount, speed and time left, as far as they are known and
 * there is room.
 *
 * @param speed Bytes a second; `null` when it is not known yet.
 */
export function progressLine(
  { name, received, size }: Progress,
  speed: number | null,
  width: number,
  paint: Palette,
): string {
  const amount = size === null ? formatBytes(received) : `${formatBytes(received)} / ${formatBytes(size)}`;
  const hasPace = width >= AMOUNT + BAR + PACE + 12;
  const pace = hasPace ? paceOf(received, size, speed) : "";
  const room = width - AMOUNT - (hasPace ? PACE + 2 : 0) - 3;
  const tail = `  ${hasPace ? pad(amount, AMOUNT) : amount}${pace === "" ? "" : `  ${paint.aside(pace)}`}`;
  if (size === null || room < BAR + 12) return `${pad(cut(name, room), Math.max(0, room))}${tail}`.trimEnd();
  const filled = size === 0 ? BAR : Math.min(BAR, Math.floor((received / size) * BAR));
  const bar = paint.good("━".repeat(filled)) + paint.aside("─".repeat(BAR - filled));
  const nameRoom = Math.min(30, room - BAR - 2);
  return `${pad(cut(name, nameRoom), nameRoom)}  ${bar}${tail}`.trimEnd();
}

/** `1.2 MB/s  3 min 20 s left` */
function paceOf(received: number, size: number | null, speed: number | null): string {
  if (speed === null) return "";
  const told = `${formatBytes(Math.round(speed))}/s`;
  if (size === null || speed < 1 || received >= size) return told;
  return `${told}  ${duration(((size - received) / speed) * 1000)} left`;
}
