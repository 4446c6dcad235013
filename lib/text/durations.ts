/**
 * Write a length of time for people: three digits are all that one remembers. This runs in pages, too, as text: it may
 * use nothing from outside of itself.
 *
 * @param ms The length, in milliseconds.
 * @param scale A length to compare it with: its unit and its digits are taken.
 */
export function formatMs(ms: number, scale: number = ms): string {
  if (scale < 0.0995) return `${Math.round(ms * 1000)} µs`;
  if (scale < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (scale < 999.5) return `${Math.round(ms)} ms`;
  if (scale < 59_950) return `${(ms / 1000).toFixed(scale < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = (n: number) => String(n).padStart(2, "0");
  return scale < 3_599_500
    ? `${minutes}:${rest(seconds % 60)} min`
    : `${Math.floor(minutes / 60)}:${rest(minutes % 60)}:${rest(seconds % 60)} h`;
}
