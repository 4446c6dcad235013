import { formatMs } from "../../text/durations.ts";
import { ACTIVITY_COLORS, COLOR_NAMES, colorRules, COLORS, escapeMarkup, ticksOf } from "../draw/mod.ts";
import type { Recorded } from "../record/mod.ts";
import { encodeForViewer } from "./data.ts";
import { describeSpan } from "./details.ts";
import { listen } from "./input.ts";
import { makeViewerModel } from "./model.ts";
import { startViewer } from "./page.ts";
import { makeViewerMap, paintChart } from "./paint.ts";
import { makeViewerWindow } from "./window.ts";

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
${STYLES}</style>
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

/** How the page looks. */
const STYLES = `*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;background:var(--back);color:var(--text);
  font:13px/1.45 ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif}
[hidden]{display:none!important}
header{display:flex;flex-wrap:wrap;gap:6px 20px;align-items:center;padding:10px 14px 8px;border-bottom:1px solid var(--line)}
h1{font-size:15px;font-weight:600;margin:0;flex:1 1 auto}
.tools{display:flex;gap:6px;align-items:center}
input,button{font:inherit;color:inherit;background:var(--back);border:1px solid var(--line);border-radius:6px;padding:3px 10px}
input{width:270px}
button{cursor:pointer;min-width:32px}
button:hover{background:var(--stripe)}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
#found{min-width:72px;color:var(--faint);font-variant-numeric:tabular-nums}
.legend{flex-basis:100%;display:flex;flex-wrap:wrap;gap:4px 16px;color:var(--faint);font-size:12px}
.legend span{display:inline-flex;align-items:center;gap:6px}
.legend i{width:14px;height:10px;border-radius:2px}
#map{flex:none;cursor:pointer;border-bottom:1px solid var(--line)}
#scroll{flex:1;min-height:0;overflow:hidden auto;position:relative}
#chart{position:sticky;top:0;display:block;cursor:default;touch-action:pan-y}
#details{flex:none;max-height:38%;overflow:auto;padding:10px 14px 12px;border-top:1px solid var(--line);background:var(--stripe)}
.title{display:flex;gap:10px;align-items:baseline}
.title strong{font-size:14px}
.title button{margin-left:auto}
.faint{color:var(--faint)}.bad{color:var(--bad)}.path{color:var(--path)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:8px 0 0}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
ul{margin:0;padding:0;list-style:none}
.link{border:0;padding:0;min-width:0;background:none;color:var(--accent)}
.link:hover{background:none;text-decoration:underline}
#tip{position:fixed;z-index:1;max-width:420px;padding:6px 10px;border-radius:6px;pointer-events:none;white-space:pre-wrap;
  overflow-wrap:anywhere;background:var(--text);color:var(--back);font-size:12px}
footer{flex:none;padding:5px 14px;color:var(--faint);font-size:12px;border-top:1px solid var(--line)}
kbd{font:inherit;padding:0 5px;border:1px solid var(--line);border-radius:4px}
`;
