// The platform's own, also where a test has put others in their place: what is asked is whether the real loop turns.
const { clearInterval, setInterval } = globalThis;

/** How often the loop shows that it is alive: slow enough to cost nothing, fast enough to tell idle from busy. */
const BEAT = 20;

/** Call `beat` now and then while the event loop turns, without keeping it turning. Returns the function that ends it. */
export function keepBeating(beat: () => void): () => void {
  const timer = setInterval(beat, BEAT);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}
