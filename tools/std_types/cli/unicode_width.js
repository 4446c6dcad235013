// Stands in for the package's own file: the npm package lacks the table that it reads. Unicode's properties, which the
// regular expressions of the platform know, and the blocks that are wide throughout give the same columns.

/** Marks that are drawn over what precedes them, and characters that only steer. */
const NO_COLUMN = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\u2028\u2029\ud7b0-\ud7ff]$/u;

/** Ideographs, kana, hangul and their punctuation, full-width forms, and what is drawn as an emoji by default. */
const TWO_COLUMNS = new RegExp(
  "^[\\p{Emoji_Presentation}\\p{sc=Han}\\u1100-\\u115f\\u2329\\u232a\\u2e80-\\u303e\\u3041-\\u3247\\u3250-\\u4dbf" +
    "\\u4e00-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe10-\\ufe19\\ufe30-\\ufe6f\\uff01-\\uff60" +
    "\\uffe0-\\uffe6\\u{16fe0}-\\u{18dff}\\u{1aff0}-\\u{1b2ff}\\u{1f200}-\\u{1f265}\\u{20000}-\\u{3fffd}]$",
  "u",
);

export function unicodeWidth(text) {
  let width = 0;
  for (const character of text) width += columns(character);
  return width;
}

function columns(character) {
  const code = character.codePointAt(0);
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (code < 0x300) return 1;
  if (NO_COLUMN.test(character)) return 0;
  return TWO_COLUMNS.test(character) ? 2 : 1;
}
