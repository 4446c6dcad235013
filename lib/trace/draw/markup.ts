/** Control characters, halves of surrogate pairs, and two that are no characters: XML has no place for them. */
const IMPOSSIBLE = /[^\t\n\r\x20-\uFFFD\u{10000}-\u{10FFFF}]|[\uD800-\uDFFF]/gu;

/** Write any text so that it stands in XML or HTML as it is; what XML cannot hold is left out. */
export function escapeMarkup(text: string): string {
  return text.replace(IMPOSSIBLE, "").replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
