/** Write a text so that it can stand in a chart as it is: what has a meaning there becomes a space. */
export function plainLabel(text: string): string {
  return text.replace(/[:;,#%\p{Cc}]+/gu, " ").replace(/\s+/g, " ").trim() || "–";
}

/** Write a text so that it can stand between quotation marks. */
export function quotedLabel(text: string): string {
  const safe = text.replace(/\p{Cc}+/gu, " ").replaceAll("#", "#35;").replaceAll('"', "#quot;")
    .replaceAll("<", "#lt;").replaceAll(">", "#gt;");
  return `"${safe}"`;
}
