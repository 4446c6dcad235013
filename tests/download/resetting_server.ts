// A server that resets connections in the middle: of the sockets in Deno only those of node:net can.
import { type AddressInfo, createServer, type Socket } from "node:net";

/** What {@linkcode serveResets} gives. */
export interface ResettingServer extends AsyncDisposable {
  /** Ends without a slash. */
  readonly origin: string;
}

/**
 * Serve a file on a free port of this machine.
 *
 * @param content The file.
 * @param resets How many requests are broken off by a reset.
 * @param after How many bytes of the file are sent before that.
 */
export async function serveResets(content: Uint8Array, resets: number, after: number): Promise<ResettingServer> {
  let left = resets;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.once("data", () => {
      const reset = left-- > 0;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\nConnection: close\r\n\r\n`);
      socket.write(reset ? content.subarray(0, after) : content, () => {
        // What has been sent must arrive first: a reset overtakes it.
        if (reset) setTimeout(() => socket.resetAndDestroy(), 20);
        else socket.end();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
