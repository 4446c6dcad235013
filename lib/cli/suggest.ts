import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** Find what `word` was probably meant to be; `undefined` when nothing known is close to it. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  // Two letters that changed places count as two slips. In a long word there may be more: beyond that it is a guess.
  let closest = Math.max(2, Math.floor(word.length / 3)) + 1;
  let found: string | undefined;
  for (const candidate of known) {
    const distance = candidate.startsWith(word) && word.length > 1 ? 1 : levenshteinDistance(word, candidate);
    if (distance >= closest) continue;
    closest = distance;
    found = candidate;
  }
  return found;
}
