import { format as formatBytes } from "@std/fmt/bytes";
import { formatMs } from "../../text/durations.ts";
import { cut, pad } from "../../text/layout.ts";
import type { Palette } from "../../text/palette.ts";

/** How far something has come, in bytes. */
export interface Progress {
  readonly name: string;
  readonly received: number;
  /** `null` when nobody knows. */
  readonly size: number | null;
}

/** Columns of a bar: speed and time left tell more than the rest of a long one. */
const SHORTEST_BAR = 10;
const LONGEST_BAR = 24;

/** Columns of a name: with less there is no bar, and with more the eye has far to go. */
const SHORTEST_NAME = 12;
const LONGEST_NAME = 30;

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
  const hasPace = width > SHORTEST_NAME + SHORTEST_BAR + AMOUNT + PACE + 6;
  const pace = hasPace ? paceOf(received, size, speed) : "";
  const room = width - AMOUNT - (hasPace ? PACE + 2 : 0) - 3;
  const tail = `  ${hasPace ? pad(amount, AMOUNT) : amount}${pace === "" ? "" : `  ${paint.aside(pace)}`}`;
  if (size === null || room < SHORTEST_NAME + SHORTEST_BAR + 2) {
    return `${pad(cut(name, room), Math.max(0, room))}${tail}`.trimEnd();
  }
  const columns = Math.min(LONGEST_BAR, Math.max(SHORTEST_BAR, (room >> 1) - 1));
  const filled = size === 0 ? columns : Math.min(columns, Math.floor((received / size) * columns));
  const bar = paint.good("━".repeat(filled)) + paint.aside("─".repeat(columns - filled));
  const nameRoom = Math.min(LONGEST_NAME, room - columns - 2);
  return `${pad(cut(name, nameRoom), nameRoom)}  ${bar}${tail}`.trimEnd();
}

/** `1.2 MB/s  3 min 20 s left` */
function paceOf(received: number, size: number | null, speed: number | null): string {
  if (speed === null) return "";
  const told = `${formatBytes(Math.round(speed))}/s`;
  if (size === null || speed < 1 || received >= size) return told;
  return `${told}  ${formatMs(((size - received) / speed) * 1000)} left`;
}
