import type { Tick } from "../draw/mod.ts";
import type { Canvas } from "./dom.ts";
import type { ViewerModel } from "./model.ts";
import type { ViewerWindow } from "./window.ts";

/** Everything that the chart shows. */
export interface ViewerScene {
  readonly model: ViewerModel;
  readonly window: ViewerWindow;
  /** Colours by name. */
  readonly colors: Readonly<Record<string, string>>;
  /** The name of the colour of each activity. */
  readonly activities: Readonly<Record<string, string>>;
  /** Sizes in pixels: of a row, of the axis, of the column of names. */
  readonly row: number;
  readonly axis: number;
  readonly names: number;
  width: number;
  height: number;
  scrolled: number;
  /** Spans; -1 for none. */
  hovered: number;
  selected: number;
  found: ReadonlySet<number>;
}

/** What the painting needs of the outside. */
export interface PaintParts {
  formatMs(ms: number): string;
  ticksOf(start: number, end: number, most: number): Tick[];
}

/**
 * Draw the rows that are in sight. This runs in the page, as text: it may use nothing from outside of itself.
 *
 * @param ctx What is drawn on.
 * @param scene What is to be seen.
 * @param parts Functions for texts.
 */
export function paintChart(ctx: Canvas, scene: ViewerScene, { formatMs, ticksOf }: PaintParts): void {
  const { model, window: view, colors, activities, row, axis, names, width, height, scrolled } = scene;
  const { spans, words, stalls } = model.data;
  const rows = model.rows();
  const box = (color: string, x: number, y: number, w: number, h: number) => {
    ctx.fillStyle = colors[color]!;
    ctx.fillRect(x, y, w, h);
  };
  const write = (text: string, color: string, x: number, y: number) => {
    ctx.fillStyle = colors[color]!;
    ctx.fillText(text, x, y);
  };
  const clipped = (x: number, y: number, w: number, h: number, draw: () => void) => {
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, w, h);
    ctx.clip();
    draw();
    ctx.restore();
  };

  ctx.clearRect(0, 0, width, height);
  ctx.font = "12px ui-sans-serif, system-ui, sans-serif";
  ctx.textBaseline = "middle";
  const first = Math.max(0, Math.floor((scrolled - axis) / row));
  const last = Math.min(rows.length - 1, Math.ceil((scrolled + height - axis) / row));
  const topOf = (place: number) => axis + place * row - scrolled;

  for (let place = first; place <= last; place++) paintStripe(place);
  clipped(names, 0, width - names, height, () => {
    for (const [start, end] of stalls) {
      const [from, to] = [names + view.xOf(start), names + view.xOf(end)];
      if (to > names && from < width) box("stall", from, axis, Math.max(1, to - from), height);
    }
    for (const { time } of ticksOf(view.start, view.end, (width - names) / 110)) {
      box("line", Math.round(names + view.xOf(time)), axis, 1, height);
    }
    for (let place = first; place <= last; place++) paintBar(rows[place]!, topOf(place));
  });
  for (let place = first; place <= last; place++) paintName(rows[place]!, topOf(place));
  paintAxis();

  function paintStripe(place: number): void {
    const span = rows[place]!;
    const color = span === scene.selected
      ? "queued"
      : span === scene.hovered
      ? "line"
      : place % 2 === 1
      ? "stripe"
      : "back";
    box(color, 0, topOf(place), width, row);
    if (scene.found.has(span)) box("accent", 0, topOf(place), 3, row);
  }

  function paintBar(span: number, top: number): void {
    const [, , , state, start, end, , segments] = spans[span]!;
    const dim = scene.found.size > 0 && !scene.found.has(span);
    ctx.globalAlpha = dim ? 0.35 : 1;
    const [left, right] = [names + view.xOf(start), names + view.xOf(end)];
    if (right >= names && left <= width) {
      // What falls on one pixel is drawn once.
      let drawnTo = -Infinity;
      for (let i = 0; i < segments.length; i += 3) {
        const from = Math.max(names - 2, names + view.xOf(segments[i]!));
        const to = Math.min(width + 2, names + view.xOf(segments[i + 1]!));
        if (to < names || to <= drawnTo + 0.3) continue;
        if (from > width) break;
        const activity = words[segments[i + 2]!]!;
        const thin = activity === "inside";
        box(activities[activity]!, from, top + (thin ? row / 2 - 1 : 5), Math.max(to - from, 0.6), thin ? 2 : row - 10);
        drawnTo = to;
      }
      if (drawnTo === -Infinity || right - left < 1) box("own", Math.min(left, width - 1), top + 5, 1, row - 10);
      const how = words[state]!;
      if (how === "failed") box("bad", right - 3, top + 5, 3, row - 10);
      else if (how === "cancelled" || how === "timed out") box("stopped", right - 3, top + 5, 3, row - 10);
      const label = `${formatMs(end - start)}${how === "done" ? "" : `, ${how}`}`;
      write(label, how === "failed" ? "bad" : "faint", Math.max(right, names) + 6, top + row / 2);
    }
    const path = model.path(span);
    for (let i = 0; i < path.length; i += 2) {
      const from = names + view.xOf(path[i]!);
      box("path", from, top + row - 4, Math.max(1, names + view.xOf(path[i + 1]!) - from), 2);
    }
    ctx.globalAlpha = 1;
  }

  function paintName(span: number, top: number): void {
    const indent = 10 + Math.min(model.depth(span) * 12, names / 2);
    const [name, , , state] = spans[span]!;
    clipped(0, top, names - 8, row, () => {
      if (model.hasChildren(span)) write(model.isFolded(span) ? "▸" : "▾", "faint", indent, top + row / 2);
      write(name, words[state] === "failed" ? "bad" : "text", indent + 14, top + row / 2);
    });
  }

  function paintAxis(): void {
    box("back", 0, 0, width, axis);
    box("line", 0, axis - 1, width, 1);
    write(`${rows.length} of ${spans.length} rows`, "faint", 10, axis / 2);
    clipped(names, 0, width - names, axis, () => {
      for (const { time, label } of ticksOf(view.start, view.end, (width - names) / 110)) {
        write(label, "faint", Math.round(names + view.xOf(time)) + 4, axis / 2);
      }
    });
    box("line", names - 1, 0, 1, height);
  }
}

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
