// The page in a real browser, used as a person would use it.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { toHtml } from "../../../lib/trace/viewer/html.ts";
import type { Recorded } from "../../../lib/trace/record/recorded.ts";
import { BrowserPage, findBrowser } from "./browser.ts";
import { many, sketch, type SpanSketch } from "../recording.ts";

/** Where things are on the page, in pixels: see `viewer_page.ts`. */
const ROW = 22;
const AXIS = 26;
const NAMES = 240;

const MANY: SpanSketch[] = [{
  name: "main",
  start: 0,
  end: 10_100,
  inside: [
    ...many(9_000, "request", 100, 1),
    { name: "needle", start: 7_000, end: 7_040, state: "failed", error: "Error: <b>lost</b> in the hay" },
    ...many(1_000, "import", 50, 1),
  ],
}];

const textOf = (page: BrowserPage, id: string) =>
  page.evaluate<string>(`document.getElementById("${id}").hidden ? "" : document.getElementById("${id}").textContent`);

/** The stretch of time that is in sight. */
async function windowOf(page: BrowserPage): Promise<[start: number, end: number]> {
  const [start, end] = (await page.evaluate<string>("document.body.dataset.window")).split(" ").map(Number);
  return [start!, end!];
}

/** Where the chart begins. */
const topOf = (page: BrowserPage) =>
  page.evaluate<number>(`document.getElementById("chart").getBoundingClientRect().top`);

/** What a person does with the page of a trace, and what is to be seen then. */
const USES: Record<string, [Recorded, (page: BrowserPage) => Promise<void>]> = {
  "the page loads with 10 000 spans, and asks for nothing": [sketch(MANY), async (page) => {
    assertStringIncludes(await textOf(page, "search") + await page.evaluate("document.title"), "10002 tasks");
    assertEquals(await windowOf(page), [0, 10_100]);
    // Something was drawn: not all of the chart has one colour.
    const colors = await page.evaluate<number>(`(() => {
      const chart = document.getElementById("chart");
      const { data } = chart.getContext("2d").getImageData(0, 0, chart.width, chart.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`);
    assertEquals(colors > 10, true);
  }],

  "the page draws of 10 000 spans only those in sight": [sketch(MANY), async (page) => {
    const strokes = await page.evaluate<number[]>(`(async () => {
      let strokes = 0;
      for (const name of ["fillRect", "fillText"]) {
        const draw = CanvasRenderingContext2D.prototype[name];
        CanvasRenderingContext2D.prototype[name] = function (...args) {
          strokes++;
          draw.apply(this, args);
        };
      }
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const frames = [];
      for (let i = 0; i < 30; i++) {
        strokes = 0;
        document.getElementById("scroll").scrollTop += 5000;
        document.getElementById(i % 2 ? "in" : "out").click();
        // What was asked for is drawn in the first frame, or in the one after what scrolling tells.
        for (let j = 0; j < 3; j++) await frame();
        frames.push(strokes);
      }
      return frames;
    })()`);
    // A few for each row and for each pixel of the overview; one for each span would be 10 000, and more.
    for (const count of strokes) assertEquals(count > 0 && count < 10_000, true, `${strokes}`);
  }],

  "the page finds a span that was looked for, shows it and tells of it": [sketch(MANY), async (page) => {
    await page.press("/");
    await page.type("needle");
    assertEquals(await textOf(page, "found"), "1 found");
    await page.press("Enter");
    assertEquals(await textOf(page, "found"), "1 of 1");
    const details = await textOf(page, "details");
    assertStringIncludes(details, "needle");
    assertStringIncludes(details, "40 ms, from 7.00 s to 7.04 s");
    assertStringIncludes(details, "Error: <b>lost</b> in the hay");
    // It is in sight now.
    assertEquals(await page.evaluate<boolean>(`document.getElementById("scroll").scrollTop > 9000 * 20`), true);
  }],

  "the page goes from match to match": [sketch(MANY), async (page) => {
    await page.press("/");
    await page.type("import-99");
    assertEquals(await textOf(page, "found"), "11 found");
    await page.press("Enter");
    await page.press("Enter");
    assertEquals(await textOf(page, "found"), "2 of 11");
    assertStringIncludes(await textOf(page, "details"), "import-990");
  }],

  "the page zooms by wheel, by button, by double click, and shows all again": [sketch(MANY), async (page) => {
    const top = await topOf(page);
    await page.wheel(NAMES + 200, top + 100, -400, true);
    const [start, end] = await windowOf(page);
    assertEquals(start > 0 && end < 10_100, true);
    await page.click(NAMES + 5, top + AXIS + 5 * ROW + 10, 2);
    const [from, to] = await windowOf(page);
    assertEquals(to - from < end - start, true);
    await page.evaluate(`document.getElementById("fit").click()`);
    assertEquals(await windowOf(page), [0, 10_100]);
    await page.evaluate(`document.getElementById("in").click()`);
    assertEquals(await windowOf(page), [2_525, 7_575]);
  }],

  "the page moves with the mouse": [sketch(MANY), async (page) => {
    const top = await topOf(page);
    await page.evaluate(`document.getElementById("in").click()`);
    const [before] = await windowOf(page);
    await page.drag(800, 500, top + 200);
    const [after] = await windowOf(page);
    assertEquals(after > before, true);
    // To move is not to choose.
    assertEquals(await textOf(page, "details"), "");
  }],

  "the page tells of a span that is clicked, and of what is around it": [
    sketch([{
      name: "main",
      start: 0,
      end: 100,
      inside: [{ name: "users", start: 0, end: 50, waits: [[0, 40, "sleep 40 ms"]] as [number, number, string][] }],
    }]),
    async (page) => {
      const top = await topOf(page);
      await page.click(NAMES + 100, top + AXIS + ROW + 10);
      assertStringIncludes(await textOf(page, "details"), "users");
      assertStringIncludes(await textOf(page, "details"), "sleep 40 ms: 40 ms");
      await page.evaluate(`document.querySelector("#details .link").click()`);
      assertStringIncludes(await textOf(page, "details"), "main");
      assertStringIncludes(await textOf(page, "details"), "Critical path50 ms");
      await page.press("Escape");
      assertEquals(await textOf(page, "details"), "");
    },
  ],

  "the page shows what is under the pointer": [
    sketch([{ name: "main", start: 0, end: 100, state: "failed" }]),
    async (page) => {
      await page.hover(NAMES + 100, await topOf(page) + AXIS + 10);
      assertStringIncludes(await textOf(page, "tip"), "main  ·  task, failed\n100 ms, from 0 µs\nError: boom");
      await page.hover(NAMES + 100, 5);
      assertEquals(await textOf(page, "tip"), "");
    },
  ],

  "the page folds what is below a span": [sketch(MANY), async (page) => {
    await page.click(14, await topOf(page) + AXIS + 10);
    const height = await page.evaluate<number>(`document.getElementById("space").clientHeight`);
    assertEquals(height < 100, true, `${height} px`);
  }],
};

const browser = findBrowser();
const missing = browser === undefined ? " (ignored: no Chromium is installed here)" : "";

// Takes seconds, as a browser does to start: so there is one for all.
Deno.test(
  `the page can be read, searched, zoomed and moved${missing}`,
  { ignore: browser === undefined },
  async (t) => {
    const path = await Deno.makeTempFile({ suffix: ".html" });
    try {
      await using page = await BrowserPage.start(browser!);
      for (const [name, [recorded, use]] of Object.entries(USES)) {
        await t.step(name, async () => {
          await Deno.writeTextFile(path, toHtml(recorded));
          await page.open(path);
          await use(page);
          assertEquals(page.complaints, []);
        });
      }
    } finally {
      await Deno.remove(path);
    }
  },
);

Deno.test("the page needs nothing from outside, and holds nothing that could end its script", () => {
  const html = toHtml(sketch([{ name: "</script><script>alert(1)</script>", start: 0, end: 1 }]));
  assertEquals(html.match(/<script/g)!.length, 2);
  assertEquals(/\b(src|href)=|url\(|@import|fetch\(/.test(html), false);
  assertStringIncludes(html, "default-src 'none'");
});
