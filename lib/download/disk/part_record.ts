import type { KnownFile } from "../http/answer.ts";
import type { DonePieces } from "../plan/pieces.ts";
import { draftOf, recordOf } from "../words/part_names.ts";

/** Which file is asked for. */
export interface WantedFile {
  /** Where it was asked for. */
  readonly url: string;
  /** Its name: that of the request, or else that in the URL. */
  readonly name: string;
  /** Its digest, as the request has it; `null` without one. */
  readonly checksum: string | null;
}

/** What has to be known of a part to resume it safely. Kept beside the part, in a file of its own. */
export interface PartRecord extends WantedFile, KnownFile {
  /** When it comes in pieces, in any order; otherwise all that is there is from the beginning. */
  readonly pieces: DonePieces | null;
}

/** Told apart from whatever else may be in a file. */
const FORMAT = "asyncio-toolkit download";

/** Told apart from records that another version of this toolkit writes. */
const VERSION = 3;

/** For us alone: addresses may hold what gives access. */
export const PRIVATE = 0o600;

/**
 * Write the record of a part, in one piece: a reader finds the old one or the new one.
 *
 * @param ino What the system knows the part by. A record is of no other file, whatever that is called.
 */
export function writeRecord(part: string, record: PartRecord, ino: number | null): void {
  // A new file, and not through a link that another program may have put there.
  const draft = draftOf(part);
  removeIfThere(draft);
  try {
    const text = JSON.stringify({ format: FORMAT, version: VERSION, ino, ...record });
    Deno.writeTextFileSync(draft, text, { createNew: true, mode: PRIVATE });
    Deno.renameSync(draft, recordOf(part));
  } catch (error) {
    // On a full disk there is room for the name of a file, but not for what is in it.
    removeIfThere(draft);
    throw error;
  }
}

/** Read the record of a part. Returns `undefined` when it has none, or one of another file. */
export function readRecord(part: string): PartRecord | undefined {
  try {
    const path = recordOf(part);
    if (!Deno.lstatSync(path).isFile) return undefined;
    const { format, version, ino, ...record } = JSON.parse(Deno.readTextFileSync(path));
    if (format !== FORMAT || version !== VERSION || ino !== Deno.lstatSync(part).ino) return undefined;
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Remove a record whose part is gone: it is of no use, and would keep other parts from that name. Returns whether it was. */
export function removeStaleRecord(part: string): boolean {
  try {
    Deno.lstatSync(part);
    return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return false;
  }
  try {
    const path = recordOf(part);
    if (!Deno.lstatSync(path).isFile || JSON.parse(Deno.readTextFileSync(path)).format !== FORMAT) return false;
    removeIfThere(path);
    return true;
  } catch {
    return false;
  }
}

/** Remove the record of a part, if there is one. */
export function removeRecord(part: string): void {
  removeIfThere(recordOf(part));
}

/** Remove a file, which may be gone already. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function isRecord(value: unknown): value is PartRecord {
  if (!isObject(value)) return false;
  const { url, finalUrl, name, checksum, validator, said, size, pieces } = value;
  return typeof url === "string" && typeof finalUrl === "string" && typeof name === "string" && isText(checksum) &&
    (validator === null || isValidator(validator)) &&
    isObject(said) && isText(said.etag) && isText(said.modified) && typeof said.encoding === "string" &&
    (size === null || isWhole(size)) && (pieces === null || (size !== null && isPieces(pieces)));
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isValidator(value: unknown): boolean {
  return isObject(value) && (value.kind === "etag" || value.kind === "last-modified") &&
    typeof value.value === "string";
}

function isPieces(value: unknown): boolean {
  return isObject(value) && isWhole(value.size) && value.size > 0 && Array.isArray(value.done) &&
    value.done.every(isWhole);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
