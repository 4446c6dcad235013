// A server on raw sockets, which misbehaves on request: whatever bytes a test wants, and the connection cut where it wants.

/** A request as it came. */
export interface RawRequest {
  readonly path: string;
  readonly headers: Headers;
  /** How many came before it, to any path. */
  readonly number: number;
}

/** Answers one request. When it returns, the connection waits for the next one, unless it was closed. */
export type Behaviour = (request: RawRequest, reply: Reply) => Promise<void> | void;

/** One connection, to be answered on. */
export class Reply {
  readonly #connection: Deno.TcpConn;
  readonly #onSent: (bytes: number) => void;
  /** Fires when the server is closed: what stalls must not outlive it. */
  readonly signal: AbortSignal;
  open = true;

  constructor(connection: Deno.TcpConn, signal: AbortSignal, onSent: (bytes: number) => void) {
    this.#connection = connection;
    this.#onSent = onSent;
    this.signal = signal;
  }

  /** Send a head: the status line and headers, as they are. */
  async head(status: string, headers: Readonly<Record<string, string | number>> = {}): Promise<void> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    // Byte by byte: a header may hold anything.
    const text = `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
    await this.raw(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }

  /** Send bytes of a body. */
  async body(bytes: Uint8Array): Promise<void> {
    await this.raw(bytes);
    this.#onSent(bytes.length);
  }

  /** Send bytes of a body as one chunk; none for the last one. */
  async chunk(bytes: Uint8Array): Promise<void> {
    await this.raw(new TextEncoder().encode(`${bytes.length.toString(16)}\r\n`));
    if (bytes.length > 0) await this.body(bytes);
    await this.raw(new TextEncoder().encode("\r\n"));
  }

  async raw(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  /** Send no more. The other side sees the end of the stream. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.#connection.close();
  }

  /** Never go on. Ends with the server. */
  stall(): Promise<void> {
    return new Promise((resolve) => {
      if (this.signal.aborted) resolve();
      else this.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Go on in so many milliseconds, or when the server ends. */
  async pause(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const time = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
    await Promise.race([time, this.stall()]);
    clearTimeout(timer);
  }
}

/** What {@linkcode serveFaults} gives. */
export interface FaultyServer extends AsyncDisposable {
  /** Ends without a slash. */
  readonly origin: string;
  /** All requests so far. */
  readonly requests: readonly RawRequest[];
  /** Bytes of bodies sent so far. */
  readonly sent: number;
  /** The most requests that were answered at the same time. */
  readonly mostAtOnce: number;
}

/** Serve on a free port of this machine. */
export function serveFaults(behave: Behaviour): FaultyServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ending = new AbortController();
  const requests: RawRequest[] = [];
  const connections = new Set<Promise<void>>();
  let sent = 0;
  let atOnce = 0;
  let mostAtOnce = 0;

  async function serve(connection: Deno.TcpConn): Promise<void> {
    const reply = new Reply(connection, ending.signal, (bytes) => sent += bytes);
    const onEnd = () => reply.close();
    ending.signal.addEventListener("abort", onEnd);
    try {
      let pending = "";
      while (reply.open) {
        const read = await readHead(connection, pending);
        if (read === undefined) break;
        pending = read.rest;
        const request = parse(read.head, requests.length);
        requests.push(request);
        mostAtOnce = Math.max(mostAtOnce, ++atOnce);
        try {
          await behave(request, reply);
        } finally {
          atOnce--;
        }
      }
    } catch (error) {
      // The client has gone, or the server ends: both are what tests are about.
      if (reply.open && !isDisconnection(error)) throw error;
    } finally {
      ending.signal.removeEventListener("abort", onEnd);
      reply.close();
    }
  }

  async function accept(): Promise<void> {
    for await (const connection of listener) {
      const serving = serve(connection).finally(() => connections.delete(serving));
      connections.add(serving);
    }
  }

  const accepting = accept();
  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    requests,
    get sent() {
      return sent;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      ending.abort();
      await accepting;
      await Promise.all(connections);
    },
  };
}

async function readHead(
  connection: Deno.TcpConn,
  pending: string,
): Promise<{ head: string; rest: string } | undefined> {
  const buffer = new Uint8Array(4096);
  for (;;) {
    const end = pending.indexOf("\r\n\r\n");
    if (end >= 0) return { head: pending.slice(0, end), rest: pending.slice(end + 4) };
    const read = await connection.read(buffer);
    if (read === null) return undefined;
    pending += new TextDecoder().decode(buffer.subarray(0, read));
  }
}

function parse(head: string, number: number): RawRequest {
  const [first, ...lines] = head.split("\r\n");
  const headers = new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  return { path: first!.split(" ")[1]!, headers, number };
}

function isDisconnection(error: unknown): boolean {
  return [Deno.errors.BrokenPipe, Deno.errors.ConnectionReset, Deno.errors.ConnectionAborted, Deno.errors.BadResource]
    .some((type) => error instanceof type);
}
