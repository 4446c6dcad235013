import type { Canvas } from "./viewer_dom.ts";
import type { ViewerScene } from "./viewer_paint.ts";

/**
 * Make the painter of the map: how much went on over the whole time, and which part of it is in sight. This runs in the
 * page, as text: it may use nothing from outside of itself.
 *
 * @param scene What is to be seen.
 * @returns Draws it, on so many pixels.
 */
export function makeViewerMap(scene: ViewerScene): (ctx: Canvas, width: number, height: number) => void {
  const { model, window: view } = scene;
  const { spans, words, duration, stalls } = model.data;
  let counted: { width: number; counts: number[]; peak: number } | null = null;

  /** How many leaves of the tree there are over time; once for a width, since there may be many. */
  function count(width: number): { width: number; counts: number[]; peak: number } {
    const changes = new Array<number>(Math.ceil(width) + 2).fill(0);
    const scale = width / (duration || 1);
    spans.forEach(([, , kind, , start, end], i) => {
      if (model.hasChildren(i) || words[kind] === "worker") return;
      changes[Math.floor(start * scale)]!++;
      changes[Math.floor(end * scale) + 1]!--;
    });
    let now = 0;
    const counts = changes.map((change) => now += change);
    return counted = { width, counts, peak: counts.reduce((a, b) => Math.max(a, b), 1) };
  }

  return (ctx, width, height) => {
    const { names, colors } = scene;
    const plot = Math.max(1, width - names);
    const { counts, peak } = counted?.width === plot ? counted : count(plot);
    ctx.clearRect(0, 0, width, height);
    ctx.fillStyle = colors.stall!;
    for (const [start, end] of stalls) {
      ctx.fillRect(names + start / duration * plot, 0, Math.max(1, (end - start) / duration * plot), height);
    }
    ctx.fillStyle = colors.own!;
    ctx.globalAlpha = 0.55;
    counts.forEach((count, x) => {
      const tall = count / peak * (height - 6);
      if (count > 0) ctx.fillRect(names + x, height - tall, 1, tall);
    });
    ctx.globalAlpha = 0.75;
    ctx.fillStyle = colors.back!;
    const [from, to] = [view.start / duration * plot, view.end / duration * plot];
    ctx.fillRect(names, 0, from, height);
    ctx.fillRect(names + to, 0, plot - to, height);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colors.accent!;
    if (to - from < plot - 1) {
      ctx.fillRect(names + from, 0, 1, height);
      ctx.fillRect(names + to - 1, 0, 1, height);
    }
    ctx.fillStyle = colors.faint!;
    ctx.font = "12px ui-sans-serif, system-ui, sans-serif";
    ctx.textBaseline = "middle";
    ctx.fillText("how many at once", 10, height / 2);
  };
}
