import { duration } from "./duration.ts";
import type { Palette } from "./palette.ts";

/** Say what concurrency saved: `6.0 s → 3.0 s, 3.0 s saved`. */
export function saving(before: number, after: number, paint: Palette): string {
  const scale = Math.max(before, after);
  const difference = duration(Math.abs(before - after), scale);
  const effect = after > before ? `${difference} lost` : `${difference} saved`;
  return paint.good(`${duration(before, scale)} → ${duration(after, scale)}, ${effect}`);
}
