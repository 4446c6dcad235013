import { type AddressInfo, createServer, type Socket } from "node:net";
import { type Connection, type ConnectionHandler, listen, type ListenOptions } from "../../lib/net/mod.ts";

/** A listener on a free port of the loopback. */
export function listening(handler: ConnectionHandler, options: ListenOptions = {}) {
  return listen({ hostname: "127.0.0.1", port: 0, ...options }, handler);
}

/** A listener of the platform: what is done at its side, a test does by hand. */
export class Peer implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: Deno.Conn[] = [];

  get addr(): Deno.NetAddr {
    return this.#listener.addr as Deno.NetAddr;
  }

  get name(): string {
    return `127.0.0.1:${this.addr.port}`;
  }

  async accept(): Promise<Deno.Conn> {
    const conn = await this.#listener.accept();
    this.#conns.push(conn);
    return conn;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const conn of this.#conns) {
      try {
        conn.close();
      } catch {
        // The test has closed it.
      }
    }
  }
}

/** All that comes, as text. */
export async function all(connection: Connection): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let chunk = await connection.read(); chunk !== null; chunk = await connection.read()) chunks.push(chunk);
  return await new Blob(chunks).text();
}

export const text = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);

/** Write all of `data` to a connection of the platform. */
export async function send(conn: Deno.Conn, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** A listener that says something and can break the connection off: of the sockets in Deno only those of node:net can. */
export async function resetting(words: string): Promise<{ port: number; reset(): void } & AsyncDisposable> {
  let socket!: Socket;
  const server = createServer((each) => (socket = each).write(words));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    reset: () => void socket.resetAndDestroy(),
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
