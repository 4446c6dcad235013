/** Count the terminal columns that a text takes; escape sequences have to be stripped first. */
export function unicodeWidth(str: string): number;
