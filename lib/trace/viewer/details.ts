import type { Page, PageElement } from "./dom.ts";
import type { ViewerModel } from "./model.ts";

/** What can be done from the details. */
export interface DetailActions {
  close(): void;
  /** Show another span. */
  go(span: number): void;
}

/**
 * Tell all about a span. This runs in the page, as text: it may use nothing from outside of itself.
 *
 * @param document Makes the elements.
 * @param model What is known.
 * @param span The span.
 * @param parts Functions for texts.
 * @param actions What its buttons do.
 */
export function describeSpan(
  document: Page["document"],
  model: ViewerModel,
  span: number,
  { formatMs }: { formatMs(ms: number): string },
  actions: DetailActions,
): PageElement[] {
  const { spans, words, stalls } = model.data;
  const [name, parent, kind, state, start, end, error] = spans[span]!;

  function element(tag: string, className: string, ...content: (PageElement | string)[]): PageElement {
    const made = document.createElement(tag);
    made.className = className;
    made.append(...content);
    return made;
  }

  function button(label: string, className: string, action: () => void): PageElement {
    const made = element("button", className, label);
    made.addEventListener("click", action);
    return made;
  }

  const term = (label: string, ...content: (PageElement | string)[]) => [
    element("dt", "", label),
    element("dd", "", ...content),
  ];

  const around: PageElement[] = [];
  for (let each = parent; each >= 0; each = spans[each]![1]) {
    const target = each;
    around.unshift(button(spans[each]![0], "link", () => actions.go(target)));
  }
  const path = model.path(span);
  let critical = 0;
  for (let i = 0; i < path.length; i += 2) critical += path[i + 1]! - path[i]!;
  const waits = model.waits(span);
  const held = stalls.filter(([, , holder]) => holder === span).reduce((sum, [start, end]) => sum + end - start, 0);
  const isWorker = words[kind] === "worker";
  const facts = [
    ...term("Time", `${formatMs(end - start)}, from ${formatMs(start)} to ${formatMs(end)}`),
    ...(error === "" ? [] : term("Error", element("span", "bad", error))),
    ...(critical === 0 ? [] : term("Critical path", element("span", "path", formatMs(critical)))),
    ...(held === 0 ? [] : term("Held the loop", formatMs(held))),
    ...(around.length === 0 ? [] : term("In", ...around.flatMap((each, i) => i === 0 ? [each] : [" › ", each]))),
    ...(waits.length === 0 ? [] : term(
      isWorker ? "Ran" : "Waited for",
      element(
        "ul",
        "",
        ...waits.slice(0, 12).map(({ what, count, ms }) =>
          element("li", "", `${what}: ${formatMs(ms)}${count === 1 ? "" : `, ${count} times`}`)
        ),
        ...(waits.length > 12 ? [element("li", "", `and ${waits.length - 12} more`)] : []),
      ),
    )),
  ];
  return [
    element(
      "div",
      "title",
      element("strong", words[state] === "failed" ? "bad" : "", name),
      element("span", "faint", `${words[kind]}, ${words[state]}`),
      button("Close", "", actions.close),
    ),
    element("dl", "", ...facts),
  ];
}
