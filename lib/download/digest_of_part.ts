import { checkpoint } from "../tasks/checkpoint.ts";
import { Digest, type DigestAlgorithm } from "./checksum.ts";
import type { PartFile } from "./part_file.ts";

/** Bytes to be read from the disk between two turns of the event loop. */
const STRIDE = 1 << 20;

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
