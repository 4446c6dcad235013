import { assertEquals } from "@std/assert";
import { SAMPLE_FILES, serveSampleFiles } from "../../lib/demo/sample_files.ts";

Deno.test("the sample files have the sizes and digests that are stated", async () => {
  await using server = serveSampleFiles();
  await Promise.all(SAMPLE_FILES.map(async ({ name, size, sha256 }) => {
    const response = await fetch(`http://127.0.0.1:${server.addr.port}/${name}`);
    const bytes = await response.bytes();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    assertEquals({ name, size: bytes.length, sha256: digest }, { name, size, sha256 });
  }));
});
