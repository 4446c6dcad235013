import type { Hash } from "node:crypto";

/** How a digest is computed. The last two are good against accidents only. */
export type DigestAlgorithm = "sha256" | "sha512" | "sha384" | "sha1" | "md5";

/** What the bytes of a file have to add up to. */
export interface Checksum {
  readonly algorithm: DigestAlgorithm;
  /** In lower-case hexadecimal. */
  readonly hex: string;
}

/** Digits of each digest. */
const DIGITS: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128, sha384: 96, sha1: 40, md5: 32 };

/** The names of all algorithms. */
export const ALGORITHMS: readonly DigestAlgorithm[] = Object.keys(DIGITS) as DigestAlgorithm[];

/** Whether `name` is that of an algorithm. */
export function isAlgorithm(name: unknown): name is DigestAlgorithm {
  return ALGORITHMS.includes(name as DigestAlgorithm);
}

/**
 * Read `sha256:` and 64 hexadecimal digits, or the like for another algorithm; `sha-256` means the same.
 *
 * @returns `undefined` when it is none.
 */
export function parseChecksum(text: string): Checksum | undefined {
  const [, name, hex] = text.trim().toLowerCase().match(/^([a-z0-9-]+)[:=]([0-9a-f]+)$/) ?? [];
  const algorithm = name?.replace("-", "");
  if (!isAlgorithm(algorithm) || hex?.length !== DIGITS[algorithm]) return undefined;
  return { algorithm, hex };
}

/** Adds up a file while it is written. */
export class Digest {
  readonly #hash: Hash;

  private constructor(hash: Hash) {
    this.#hash = hash;
  }

  /** Begin. The code comes now: most downloads need none, and it takes four megabytes. */
  static async begin(algorithm: DigestAlgorithm): Promise<Digest> {
    const { createHash } = await import("node:crypto");
    return new Digest(createHash(algorithm));
  }

  /** Add the next bytes. */
  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** The digest, in hexadecimal. Once. */
  hex(): string {
    return this.#hash.digest("hex");
  }
}
