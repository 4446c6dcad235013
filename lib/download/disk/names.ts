import { numbered } from "../words/safe_name.ts";

/** What the files of one call are called: no name is given twice, and finding one takes no longer the more there are. */
export class Names {
  readonly #taken = new Set<string>();
  /** The same, for systems that do not tell capitals from small letters. */
  readonly #folded = new Set<string>();
  /** The numbered names that come next, for names that several files have asked for. */
  readonly #next = new Map<string, Generator<string>>();
  readonly #isCaseSensitive: () => boolean;

  /** @param isCaseSensitive Asked when two names differ in nothing else. */
  constructor(isCaseSensitive: () => boolean) {
    this.#isCaseSensitive = isCaseSensitive;
  }

  /** Take a name. Returns whether it was free. */
  take(name: string): boolean {
    const folded = fold(name);
    if (this.#taken.has(name) || (this.#folded.has(folded) && !this.#isCaseSensitive())) return false;
    this.#taken.add(name);
    this.#folded.add(folded);
    return true;
  }

  /** Take `name`, or the first numbered one that is free, and that `fits`. */
  reserve(name: string, fits: (name: string) => boolean): string {
    let candidates = this.#next.get(name);
    if (candidates === undefined) {
      if (fits(name) && this.take(name)) return name;
      this.#next.set(name, candidates = numbered(name));
    }
    for (;;) {
      const { value } = candidates.next();
      if (fits(value) && this.take(value)) return value;
    }
  }
}

/** What names that a system may hold for the same have in common. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase();
}
