/** Write a duration as people say it: `46 ms`, `1.2 s`, `3 min 20 s`, `6 h 0 min`; in the unit of `scale`, to compare it with that. */
export function duration(ms: number, scale: number = ms): string {
  if (scale < 999.5) return `${Math.round(ms)} ms`;
  if (scale < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  if (scale >= 3_599_500) {
    const minutes = Math.round(ms / 60_000);
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  }
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
