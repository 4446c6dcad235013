import { isSamePlace } from "../http/answer.ts";
import type { PartRecord, WantedFile } from "./part_record.ts";

/** A part that may be one of a file that is wanted. */
export interface Leftover {
  readonly path: string;
  /** Whether it still is, by its record as it is now. */
  fits(record: PartRecord): boolean;
  /** Whether it is of that very file, if perhaps of another version; otherwise an answer has to confirm it first. */
  readonly isSameFile: boolean;
}

/** Parts that earlier runs have left, to be found by what is known of a file. */
export class Leftovers {
  readonly #paths = new Map<string, string[]>();
  /** Where files of this call are asked for. */
  readonly #claimed = new Set<string>();

  /** Enter a part. */
  add(path: string, { url, name, checksum }: PartRecord): void {
    for (const key of [`url ${url}`, `sum ${checksum}`, `name ${name}`]) {
      this.#paths.getOrInsertComputed(key, () => []).push(path);
    }
  }

  /** What is asked for at this URL will be looked for by it. */
  claim(url: string): void {
    this.#claimed.add(url);
  }

  /**
   * Find parts that may be of a file, the surest first: of the same URL; with the same checksum; of the same name, where
   * something tells in time whether it is the same file. That is a strong `ETag` with a size at the same place but for the
   * query, where signatures run out, or the checksum that is asked for, in the end.
   */
  *find(wanted: WantedFile): Generator<Leftover> {
    const { url, name, checksum } = wanted;
    yield* this.#at(`url ${url}`, (record) => record.url === url, true);
    if (this.#paths.size === 0) return;
    const isFree = (record: PartRecord) => record.url === url || !this.#claimed.has(record.url);
    if (checksum !== null) {
      yield* this.#at(`sum ${checksum}`, (record) => record.checksum === checksum && isFree(record), true);
    }
    const mayFit = (record: PartRecord) =>
      record.name === name && record.size !== null && isFree(record) &&
      (checksum === null || record.checksum === null || record.checksum === checksum);
    const isSigned = (record: PartRecord) => withoutSignature(record.url) === withoutSignature(url);
    const isSame = (record: PartRecord) => isSamePlace(record.url, url) && record.validator?.kind === "etag";
    yield* this.#at(`name ${name}`, (record) => mayFit(record) && isSigned(record), true);
    yield* this.#at(`name ${name}`, (record) => mayFit(record) && (checksum !== null || isSame(record)), false);
  }

  *#at(key: string, fits: (record: PartRecord) => boolean, isSameFile: boolean): Generator<Leftover> {
    for (const path of this.#paths.get(key) ?? []) yield { path, fits, isSameFile };
  }
}

/** Parameters that say who may have a file and until when, and not which one it is. */
const SIGNATURE =
  /^(x-[a-z]+-.*|(x-)?signature|sig|sign|hash|hmac|policy|expires|expiry|key-pair-id|\w*access_?key_?id|\w*accessid|\w*token|s[erptv]|sk\w+)$/i;

function withoutSignature(text: string): string {
  const url = new URL(text);
  for (const name of [...url.searchParams.keys()]) {
    if (SIGNATURE.test(name)) url.searchParams.delete(name);
  }
  return url.href;
}
