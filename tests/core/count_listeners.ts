/** Count the abort listeners on `signal`: how many there are, and how many were ever added. */
export function countListeners(signal: AbortSignal): { now: number; added: number } {
  const count = { now: 0, added: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = ((...args: Parameters<typeof addEventListener>) => {
    count.now++;
    count.added++;
    addEventListener.apply(signal, args);
  }) as typeof addEventListener;
  signal.removeEventListener = ((...args: Parameters<typeof removeEventListener>) => {
    count.now--;
    removeEventListener.apply(signal, args);
  }) as typeof removeEventListener;
  return count;
}
