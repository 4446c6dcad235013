import { formatMs } from "../text/durations.ts";
import type { Palette } from "../text/palette.ts";

/** Say what concurrency saved: `6.0 s → 3.0 s, 3.0 s saved`. */
export function saving(before: number, after: number, paint: Palette): string {
  const scale = Math.max(before, after);
  const difference = formatMs(Math.abs(before - after), scale);
  const effect = after > before ? `${difference} lost` : `${difference} saved`;
  return paint.good(`${formatMs(before, scale)} → ${formatMs(after, scale)}, ${effect}`);
}
