import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** Find what `word` was probably meant to be; `undefined` when nothing known is close to it. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  // One slip in a short word, more in a long one: beyond that a suggestion is a guess.
  let closest = Math.max(1, Math.floor(word.length / 3)) + 1;
  let found: string | undefined;
  for (const candidate of known) {
    const slips = countSlips(word, candidate);
    if (slips >= closest) continue;
    closest = slips;
    found = candidate;
  }
  return found;
}

/** Two neighbours that changed places are one slip, though two letters differ; and so is all that was not typed. */
function countSlips(word: string, candidate: string): number {
  if (candidate.startsWith(word) && word.length > 1) return 1;
  const distance = levenshteinDistance(word, candidate);
  return distance === 2 && sorted(word) === sorted(candidate) ? 1 : distance;
}

function sorted(word: string): string {
  return [...word].sort().join("");
}
