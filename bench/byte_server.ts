// Serves `/SIZE/NAME` as SIZE bytes, from memory: as fast as one thread can. Prints its port, and ends with its parent.
//
// Run: deno run --allow-net=127.0.0.1 bench/byte_server.ts

const SOURCE = new Uint8Array(1 << 20).map((_, i) => (i * 31) & 0xff);
const LARGEST_AT_ONCE = 1 << 17;

async function serve(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(16_384);
  let pending = "";
  for (;;) {
    const read = await connection.read(buffer);
    if (read === null) return;
    pending += new TextDecoder().decode(buffer.subarray(0, read));
    for (let end = pending.indexOf("\r\n\r\n"); end >= 0; end = pending.indexOf("\r\n\r\n")) {
      const size = Number(pending.split("/")[1]);
      pending = pending.slice(end + 4);
      const head = new TextEncoder().encode(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\nETag: "1"\r\n\r\n`);
      if (size <= LARGEST_AT_ONCE) {
        const answer = new Uint8Array(head.length + size);
        answer.set(head);
        answer.set(SOURCE.subarray(0, size), head.length);
        await write(connection, answer);
        continue;
      }
      await write(connection, head);
      for (let left = size; left > 0; left -= SOURCE.length) {
        await write(connection, SOURCE.subarray(0, Math.min(left, SOURCE.length)));
      }
    }
  }
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
Deno.stdin.readable.pipeTo(new WritableStream()).then(() => Deno.exit());
for await (const connection of listener) {
  serve(connection).catch(() => {}).finally(() => connection.close());
}
