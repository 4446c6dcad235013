import type { Page, PageElement, PageEvent } from "./dom.ts";
import type { Viewer } from "./page.ts";

/**
 * Do what the reader's hands ask for. This runs in the page, as text: it may use nothing from outside of itself.
 *
 * @param page The window of the browser.
 * @param viewer What can be done.
 */
export function listen(page: Page, viewer: Viewer): void {
  const { document } = page;
  const { scene } = viewer;
  const { model, window } = scene;
  const $ = (id: string): PageElement => document.getElementById(id)!;
  const [chart, map, scroll, search] = [$("chart"), $("map"), $("scroll"), $("search")];

  let dragged = 0;
  let lastX = 0;
  chart.addEventListener("pointerdown", (event) => {
    dragged = 0;
    lastX = event.clientX;
    chart.setPointerCapture(event.pointerId);
  });
  chart.addEventListener("pointermove", (event) => {
    if ((event.buttons & 1) === 0) return viewer.hover(event);
    dragged += Math.abs(event.clientX - lastX);
    window.pan(lastX - event.clientX);
    lastX = event.clientX;
    viewer.hover(null);
    viewer.repaint();
  });
  chart.addEventListener("pointerleave", () => viewer.hover(null));
  chart.addEventListener("click", (event) => {
    if (dragged > 4) return;
    const span = viewer.spanAt(event);
    const inNames = viewer.plotX(event) < 0;
    if (inNames && span >= 0 && model.hasChildren(span)) {
      const indent = 10 + model.depth(span) * 12;
      if (viewer.plotX(event) + scene.names < indent + 14) model.fold(span);
    }
    viewer.select(span);
  });
  chart.addEventListener("dblclick", (event) => {
    const span = viewer.spanAt(event);
    if (span < 0) return;
    window.show(model.data.spans[span]![4], model.data.spans[span]![5]);
    viewer.repaint();
  });
  scroll.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      viewer.zoom(Math.exp(-event.deltaY / 200), viewer.plotX(event));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      window.pan(event.deltaX || event.deltaY);
      viewer.repaint();
    }
  }, { passive: false });
  scroll.addEventListener("scroll", viewer.repaint);

  function moveMap(event: PageEvent): void {
    if ((event.buttons & 1) === 0) return;
    const width = Math.max(1, scene.width - 90 - scene.names);
    const time = (event.clientX - map.getBoundingClientRect().left - scene.names) / width * model.data.duration;
    const half = (window.end - window.start) / 2;
    window.pan((time - half - window.start) / (window.end - window.start) * window.width);
    viewer.repaint();
  }
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    moveMap(event);
  });
  map.addEventListener("pointermove", moveMap);

  $("in").addEventListener("click", () => viewer.zoom(2));
  $("out").addEventListener("click", () => viewer.zoom(0.5));
  $("fit").addEventListener("click", () => {
    window.fit();
    viewer.repaint();
  });
  search.addEventListener("input", viewer.look);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") viewer.nextMatch(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") search.blur();
  });
  const keys: Record<string, () => void> = {
    "+": () => viewer.zoom(1.5),
    "=": () => viewer.zoom(1.5),
    "-": () => viewer.zoom(1 / 1.5),
    "0": () => (window.fit(), viewer.repaint()),
    ArrowLeft: () => (window.pan(-80), viewer.repaint()),
    ArrowRight: () => (window.pan(80), viewer.repaint()),
    "/": () => (search.focus(), search.select()),
    Escape: () => viewer.select(-1),
  };
  document.addEventListener("keydown", (event) => {
    if (document.activeElement === search || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
