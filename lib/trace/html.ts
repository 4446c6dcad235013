import { escapeMarkup } from "./markup.ts";
import { formatMs, ticksOf } from "./moments.ts";
import { ACTIVITY_COLORS, COLOR_NAMES, colorRules, COLORS } from "./picture_colors.ts";
import type { Recorded } from "./recorded.ts";
import { describeSpan } from "./viewer_details.ts";
import { encodeForViewer } from "./viewer_encode.ts";
import { listen } from "./viewer_input.ts";
import { makeViewerMap } from "./viewer_map.ts";
import { makeViewerModel } from "./viewer_model.ts";
import { startViewer } from "./viewer_page.ts";
import { paintChart } from "./viewer_paint.ts";
import { VIEWER_STYLES } from "./viewer_styles.ts";
import { makeViewerWindow } from "./viewer_window.ts";

/** The functions that run in the page, each of which uses nothing from outside of itself. */
const PARTS = {
  formatMs,
  ticksOf,
  makeViewerModel,
  makeViewerWindow,
  makeViewerMap,
  paintChart,
  describeSpan,
  listen,
};

/** Make a page that shows what was recorded, to be searched and zoomed. It needs no network, and asks for none. */
export function toHtml(recorded: Recorded): string {
  const data = encodeForViewer(recorded);
  const palette = { names: COLORS, activities: ACTIVITY_COLORS };
  const parts = Object.entries(PARTS).map(([name, part]) => `${name}: ${part}`).join(",\n");
  const used = new Set(data.words.map((word) => (ACTIVITY_COLORS as Record<string, string>)[word]));
  if (data.path.length > 0) used.add("path");
  if (data.stalls.length > 0) used.add("stall");
  const legend = COLOR_NAMES.filter(([color]) => used.has(color)).map(([color, name]) =>
    `<span><i style="background:var(--${color})"></i>${name}</span>`
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(data.headline)}</title>
<style>${colorRules(":root")}
${VIEWER_STYLES}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(data.headline)}</h1>
<div class="tools">
<input id="search" type="search" placeholder="Search: a name, failed, critical path" aria-label="Search" spellcheck="false">
<output id="found"></output>
<button id="out" title="Zoom out (-)" aria-label="Zoom out">−</button>
<button id="in" title="Zoom in (+)" aria-label="Zoom in">+</button>
<button id="fit" title="Show all (0)">Fit</button>
</div>
<div class="legend">${legend.join("")}</div>
</header>
<canvas id="map" role="img" aria-label="How much went on over the whole time"></canvas>
<main id="scroll"><div id="space"><canvas id="chart" role="img" aria-label="Every span as a bar"></canvas></div></main>
<aside id="details" aria-live="polite" hidden></aside>
<div id="tip" hidden></div>
<footer>Ctrl + wheel zooms, dragging moves, a double click shows one span. Keys: <kbd>/</kbd> <kbd>+</kbd> <kbd>-</kbd> <kbd>0</kbd></footer>
<script type="application/json" id="data">${embed(data)}</script>
<script>
(${startViewer})(window, JSON.parse(document.getElementById("data").textContent), {
${parts}
}, ${embed(palette)});
</script>
</body>
</html>
`;
}

/** JSON that can stand in a script. */
function embed(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
