/** Find what `word` was probably meant to be; `undefined` when nothing known is close to it. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  // One slip in a short word, more in a long one: beyond that a suggestion is a guess.
  let closest = Math.max(1, Math.floor(word.length / 3)) + 1;
  let found: string | undefined;
  for (const candidate of known) {
    // All that was not typed is one slip.
    const slips = candidate.startsWith(word) && word.length > 1 ? 1 : countSlips(word, candidate);
    if (slips >= closest) continue;
    closest = slips;
    found = candidate;
  }
  return found;
}

/**
 * Count letters that are missing, too many or wrong, and neighbours that changed places. Not `levenshteinDistance` of
 * `@std/text`: to that, changed places are two slips, as two wrong letters are.
 */
function countSlips(word: string, candidate: string): number {
  let before: number[] = [];
  let above = Array.from({ length: candidate.length + 1 }, (_, column) => column);
  for (let row = 1; row <= word.length; row++) {
    const current = [row];
    for (let column = 1; column <= candidate.length; column++) {
      const isSame = word[row - 1] === candidate[column - 1];
      const changed = word[row - 1] === candidate[column - 2] && word[row - 2] === candidate[column - 1];
      current.push(Math.min(
        above[column]! + 1,
        current[column - 1]! + 1,
        above[column - 1]! + (isSame ? 0 : 1),
        changed ? before[column - 2]! + 1 : Infinity,
      ));
    }
    [before, above] = [above, current];
  }
  return above[candidate.length]!;
}
