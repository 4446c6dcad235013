import type { ViewerData } from "./data.ts";
import type { describeSpan } from "./details.ts";
import type { Canvas, Page, PageElement, PageEvent } from "./dom.ts";
import type { makeViewerModel } from "./model.ts";
import type { makeViewerMap, paintChart, PaintParts, ViewerScene } from "./paint.ts";
import type { makeViewerWindow } from "./window.ts";

/** The functions that the page is made of. */
export interface ViewerParts extends PaintParts {
  readonly makeViewerModel: typeof makeViewerModel;
  readonly makeViewerWindow: typeof makeViewerWindow;
  readonly makeViewerMap: typeof makeViewerMap;
  readonly paintChart: typeof paintChart;
  readonly describeSpan: typeof describeSpan;
  listen(page: Page, viewer: Viewer): void;
}

/** What the listeners can have done. */
export interface Viewer {
  readonly scene: ViewerScene;
  /** Draw again, as something has changed. */
  repaint(): void;
  /** Zoom around a place, or around the middle. */
  zoom(factor: number, x?: number): void;
  /** Show the details of a span; -1 for none. */
  select(span: number): void;
  /** The pointer is somewhere else; nowhere, without an event. */
  hover(event: PageEvent | null): void;
  /** The text to look for has changed. */
  look(): void;
  /** Go to the next match, or the one before. */
  nextMatch(step: number): void;
  /** The span at a place on the screen, or -1. */
  spanAt(event: PageEvent): number;
  /** How far a place is to the right of the names, in pixels. */
  plotX(event: PageEvent): number;
}

/** The names of the colours, all and by activity. */
export interface ViewerColors {
  readonly names: readonly string[];
  readonly activities: Readonly<Record<string, string>>;
}

/**
 * Bring the page to life. This runs in the page, as text: it may use nothing from outside of itself.
 *
 * @param page The window of the browser.
 * @param data What was recorded.
 * @param parts The functions it is made of.
 * @param palette The colours there are.
 */
export function startViewer(page: Page, data: ViewerData, parts: ViewerParts, palette: ViewerColors): void {
  const { document } = page;
  const $ = (id: string): PageElement => document.getElementById(id)!;
  const [chart, map, scroll, space] = [$("chart"), $("map"), $("scroll"), $("space")];
  const [search, found, details, tip] = [$("search"), $("found"), $("details"), $("tip")];
  const model = parts.makeViewerModel(data);
  const view = parts.makeViewerWindow(data.duration);
  const colors: Record<string, string> = {};
  const scene: ViewerScene = {
    model,
    window: view,
    colors,
    activities: palette.activities,
    row: 22,
    axis: 26,
    names: 240,
    width: 0,
    height: 0,
    scrolled: 0,
    hovered: -1,
    selected: -1,
    found: new Set(),
  };
  const paintMap = parts.makeViewerMap(scene);
  let matches: readonly number[] = [];
  let match = -1;
  let queued = false;

  function readColors(): void {
    const style = page.getComputedStyle(document.documentElement);
    for (const name of palette.names) colors[name] = style.getPropertyValue(`--${name}`).trim();
    repaint();
  }

  /** A canvas has its own pixels, of which there may be several to one of the page. */
  function size(canvas: PageElement, width: number, height: number): Canvas {
    const ratio = page.devicePixelRatio;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    return ctx;
  }

  /** However much happens, once a frame is enough. */
  function repaint(): void {
    if (queued) return;
    queued = true;
    page.requestAnimationFrame(() => {
      queued = false;
      scene.width = scroll.clientWidth;
      scene.height = scroll.clientHeight;
      scene.scrolled = scroll.scrollTop;
      view.width = Math.max(1, scene.width - scene.names - 90);
      space.style.height = `${scene.axis + model.rows().length * scene.row + 30}px`;
      parts.paintChart(size(chart, scene.width, scene.height), scene, parts);
      paintMap(size(map, scene.width, 44), scene.width - 90, 44);
      document.body.dataset.window = `${view.start} ${view.end}`;
    });
  }

  /** The span at a place on the screen, or -1. */
  function spanAt({ clientY }: PageEvent): number {
    const y = clientY - chart.getBoundingClientRect().top;
    if (y < scene.axis) return -1;
    return model.rows()[Math.floor((y + scroll.scrollTop - scene.axis) / scene.row)] ?? -1;
  }

  const plotX = (event: PageEvent): number => event.clientX - chart.getBoundingClientRect().left - scene.names;

  function select(span: number): void {
    scene.selected = span;
    details.hidden = span < 0;
    if (span >= 0) {
      details.replaceChildren(...parts.describeSpan(document, model, span, parts, {
        close: () => select(-1),
        go: (other) => bringIntoView(other),
      }));
    }
    repaint();
  }

  function bringIntoView(span: number): void {
    model.reveal(span);
    const top = model.rowOf(span) * scene.row;
    space.style.height = `${scene.axis + model.rows().length * scene.row + 30}px`;
    if (top < scroll.scrollTop || top > scroll.scrollTop + scroll.clientHeight - 3 * scene.row) {
      scroll.scrollTop = Math.max(0, top - scroll.clientHeight / 2);
    }
    const [, , , , start, end] = data.spans[span]!;
    if (end < view.start || start > view.end) view.show(start, end);
    select(span);
  }

  function look(): void {
    matches = model.search(search.value);
    match = -1;
    scene.found = new Set(matches);
    found.textContent = search.value.trim() === "" ? "" : matches.length === 0 ? "nothing" : `${matches.length} found`;
    repaint();
  }

  function nextMatch(step: number): void {
    if (matches.length === 0) return;
    match = match < 0 && step < 0 ? matches.length - 1 : (match + step + matches.length) % matches.length;
    found.textContent = `${match + 1} of ${matches.length}`;
    bringIntoView(matches[match]!);
  }

  function zoom(factor: number, x = view.width / 2): void {
    view.zoom(factor, x);
    repaint();
  }

  function hover(event: PageEvent | null): void {
    const span = event === null ? -1 : spanAt(event);
    if (span !== scene.hovered) repaint();
    scene.hovered = span;
    tip.hidden = event === null || span < 0 || plotX(event) < 0;
    if (event === null || tip.hidden) return;
    const [name, , kind, state, start, end, error] = data.spans[span]!;
    const lines = [`${name}  ·  ${data.words[kind]}, ${data.words[state]}`];
    lines.push(`${parts.formatMs(end - start)}, from ${parts.formatMs(start)}`);
    if (error !== "") lines.push(error);
    tip.textContent = lines.join("\n");
    const right = scene.width - event.clientX < 300;
    tip.style.left = right ? "" : `${event.clientX + 14}px`;
    tip.style.right = right ? `${scene.width - event.clientX + 14}px` : "";
    tip.style.top = `${event.clientY + 16}px`;
  }

  parts.listen(page, {
    scene,
    repaint,
    zoom,
    select,
    hover,
    look,
    nextMatch,
    spanAt,
    plotX,
  });
  // Also when the details take or leave room.
  new page.ResizeObserver(repaint).observe(scroll);
  page.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readColors);
  readColors();
}
