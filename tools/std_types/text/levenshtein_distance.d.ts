/** Count the letters to insert, remove or replace that lead from `str1` to `str2`. */
export function levenshteinDistance(str1: string, str2: string): number;
