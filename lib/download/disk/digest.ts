import { checkpoint } from "../../tasks/sleep.ts";
import { type Checksum, Digest, type DigestAlgorithm } from "../words/checksum.ts";
import { DownloadError } from "../words/download_error.ts";
import { onDisk } from "./disk_error.ts";
import type { PartFile } from "./part_file.ts";

/** Bytes to be read from the disk between two turns of the event loop. */
const STRIDE = 1 << 20;

/**
 * Check that a file that is there has this checksum.
 *
 * @throws {DownloadError} When it has another one.
 */
export async function checkExistingFile(path: string, { algorithm, hex }: Checksum): Promise<void> {
  const digest = await Digest.begin(algorithm);
  using file = onDisk(`read ${path}`, () => Deno.openSync(path));
  const buffer = new Uint8Array(STRIDE);
  for (;;) {
    const read = onDisk(`read ${path}`, () => file.readSync(buffer));
    if (read === null) break;
    digest.update(buffer.subarray(0, read));
    await checkpoint();
  }
  const found = digest.hex();
  if (found === hex) return;
  throw new DownloadError(
    "checksum",
    `Cannot take ${path} for the file as its ${algorithm} digest must be ${hex}: current value is ${found}`,
  );
}

/** Add up the first bytes of a part, for more to be added. */
export async function digestOfPart(part: PartFile, algorithm: DigestAlgorithm, length: number): Promise<Digest> {
  const digest = await Digest.begin(algorithm);
  const buffer = new Uint8Array(Math.min(STRIDE, length));
  for (let at = 0; at < length;) {
    const read = part.read(buffer.subarray(0, Math.min(STRIDE, length - at)), at);
    if (read === 0) break;
    digest.update(buffer.subarray(0, read));
    at += read;
    await checkpoint();
  }
  return digest;
}
