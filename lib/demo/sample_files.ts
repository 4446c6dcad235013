// Files to download where there is no network: a server of this program's own, with sizes and digests that are known.

import { sleep } from "../tasks/sleep.ts";

/** A file that the server has. */
export interface SampleFile {
  name: string;
  size: number;
  /** In hexadecimal. */
  sha256: string;
}

/** What the server has. The digests were computed apart from this program, so they prove something. */
export const SAMPLE_FILES: readonly SampleFile[] = [
  { name: "alphabet.bin", size: 1_048_576, sha256: "8816f31ba2861e2a7ad907085905efdea5b458d26ed6fe4929ae21467ba1fa97" },
  { name: "counting.bin", size: 786_432, sha256: "222428124c1fa78d62a874b1ada312b25e22ca1135f3e3ebe4a73f0490977695" },
  { name: "silence.bin", size: 524_288, sha256: "07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541" },
  { name: "squares.bin", size: 300_007, sha256: "1ddc66dd469255bc7269c6f32e2cb8c0b7f6d07fa2d3d644c788f8c16ee70a59" },
];

/** Byte `i` of each file. */
const BYTES: Readonly<Record<string, (i: number) => number>> = {
  "alphabet.bin": (i) => 97 + i % 26,
  "counting.bin": (i) => i % 251,
  "silence.bin": () => 0,
  "squares.bin": (i) => (i % 4093) ** 2 % 256,
};

const CHUNK = 65_536;

/** Serve the sample files on a free port of this machine, each at the pace of a modest line. */
export function serveSampleFiles(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const name = new URL(request.url).pathname.slice(1);
    const file = SAMPLE_FILES.find((file) => file.name === name);
    if (file === undefined) return new Response("There is no such file", { status: 404 });
    return new Response(ReadableStream.from(chunks(file)), { headers: { "content-length": String(file.size) } });
  });
}

/** What to ask that server for, with what each file has to add up to. */
export function sampleRequests({ addr }: Deno.HttpServer<Deno.NetAddr>): { url: string; checksum: string }[] {
  return SAMPLE_FILES.map(({ name, sha256 }) => (
    { url: `http://127.0.0.1:${addr.port}/${name}`, checksum: `sha256:${sha256}` }
  ));
}

async function* chunks({ name, size }: SampleFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const byte = BYTES[name]!;
  for (let at = 0; at < size; at += CHUNK) {
    await sleep(25);
    yield Uint8Array.from({ length: Math.min(CHUNK, size - at) }, (_, i) => byte(at + i));
  }
}
