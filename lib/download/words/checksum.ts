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
 * Read `sha256:` and 64 hexadecimal digits, or the like for another algorithm; `sha-256` means the same. Digits alone tell
 * the algorithm by their number; `sha256-` and Base64 is how web pages write it (Subresource Integrity).
 *
 * @returns `undefined` when it is no checksum.
 */
export function parseChecksum(text: string): Checksum | undefined {
  const [, name, digits] = text.trim().match(/^(?:(sha-?\d+|md5)[:=])?([0-9a-f]+)$/i) ?? [];
  if (digits !== undefined) return toChecksum(name, digits.toLowerCase());
  const [, integrity, base64] = text.trim().match(/^(sha(?:256|384|512))-([0-9a-z+/]+={0,2})$/i) ?? [];
  const bytes = base64 === undefined ? undefined : bytesIn(base64);
  return bytes && toChecksum(integrity, bytes.toHex());
}

/**
 * Read what a server says that a file adds up to: the header `Repr-Digest` (RFC 9530), which is about the whole file, also
 * where only a range of it comes. The older `Digest` is passed over, since servers do not agree on what that is about.
 *
 * @param algorithm What is computed anyway: then only a digest of that kind is of use.
 * @returns `undefined` when it has no digest of a kind that is known here.
 */
export function checksumIn(headers: Headers, algorithm: DigestAlgorithm | undefined): Checksum | undefined {
  const field = headers.get("repr-digest");
  if (field === null) return undefined;
  const found = Iterator.from(field.matchAll(/(?:^|,)\s*sha-(256|512)=:([^:]*):/g))
    .map(([, bits, base64]) => parseChecksum(`sha${bits}-${base64}`))
    .filter((checksum) => checksum !== undefined && (algorithm ?? checksum.algorithm) === checksum.algorithm)
    .toArray();
  return found.find((checksum) => checksum?.algorithm === "sha256") ?? found[0];
}

function toChecksum(name: string | undefined, hex: string): Checksum | undefined {
  const algorithm = name === undefined
    ? ALGORITHMS.find((algorithm) => DIGITS[algorithm] === hex.length)
    : name.toLowerCase().replace("-", "");
  return isAlgorithm(algorithm) && hex.length === DIGITS[algorithm] ? { algorithm, hex } : undefined;
}

function bytesIn(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return undefined;
  }
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
