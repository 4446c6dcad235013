import { currentScope } from "../core/ambient.ts";
import { checkFunction, checkMs } from "../core/checks.ts";
import { throwIfRefused, type WaitOptions } from "../core/waiter.ts";
import { checkLimit, type Connection, LIMIT } from "./connection.ts";
import { Listening } from "./listening.ts";

/** What speaks with a client. The connection is closed when it has ended, and all that it has started. */
export type ConnectionHandler = (connection: Connection) => unknown;

/** Options of {@linkcode listen}. */
export interface ListenOptions extends WaitOptions {
  /** The port to listen on; 0 for any that is free. */
  port?: number | undefined;
  /**
   * The address to listen on: `"127.0.0.1"` for this machine alone.
   *
   * @default "0.0.0.0"
   */
  hostname?: string | undefined;
  /** The path of a Unix socket to listen on, instead of a port. */
  path?: string | undefined;
  /** The certificate chain, as PEM, for TLS; with `key`. */
  cert?: string | undefined;
  /** The private key of that, as PEM. */
  key?: string | undefined;
  /**
   * How long connections may go on once the listener is to end, in milliseconds, before they are cancelled.
   *
   * @default 10_000
   */
  drain?: number | undefined;
  /**
   * How many bytes a line may have, and what comes before a separator.
   *
   * @default 65_536
   */
  limit?: number | undefined;
}

/**
 * Listen for connections, over TCP, TLS or a Unix socket. Each that comes is a task of the code that calls this.
 *
 * - A connection is closed when its handler, and all that it has started, has ended.
 * - Handlers see the `AsyncLocalStorage` values of the code that called `listen`.
 * - When that code is cancelled (Ctrl-C and SIGTERM under `run`) or has ended, and with {@linkcode Listener.shutdown}: nothing more is
 *   accepted, at once; connections go on for `drain`, then they are cancelled and waited for. The code that called `listen`
 *   ends after that. A protocol whose connections have no end of their own wants `drain: 0`.
 * - A handler that throws is a line on standard error, never the end of the listener. When it throws because its client has gone,
 *   in the middle of what it reads or writes, that is an end like any other.
 *
 * As `asyncio.start_server`, and `trio.serve_tcp` in what it owns.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, listen } from "@asyncio/toolkit/net";
 *
 * await using server = listen({ hostname: "127.0.0.1", port: 0 }, async (connection) => {
 *   for await (const line of connection.lines()) await connection.write(`${line}!\n`);
 * });
 *
 * await using connection = await connect(server.addr);
 * await connection.write("hello\n");
 * assertEquals(await connection.readLine(), "hello!");
 * ```
 *
 * @param options Where to listen, `drain`, `limit`; `signal` shuts the listener down when it fires.
 * @param handler Called with each connection.
 * @returns The listener, which accepts already.
 * @throws {Deno.errors.AddrInUse} When another program listens there.
 * @throws {TypeError} When there is neither a port nor a path.
 */
export function listen(options: ListenOptions, handler: ConnectionHandler): Listener {
  checkFunction("listen", handler);
  const { drain = 10_000, limit = LIMIT, signal, ...place } = options;
  checkMs("drain a listener", drain);
  checkLimit("listen", limit);
  if (place.port === undefined && place.path === undefined) {
    throw new TypeError("Cannot listen as a port or a path is needed: current value is undefined");
  }
  throwIfRefused(currentScope(), signal);
  return new Listener(new Listening(handler, place, drain, limit, signal));
}

/**
 * What accepts connections, made by {@linkcode listen}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { listen } from "@asyncio/toolkit/net";
 *
 * const listener = listen({ hostname: "127.0.0.1", port: 0 }, (connection) => connection.write("hello\n"));
 * assertEquals(listener.running, 0);
 * await listener.shutdown(); // or the end of the code that has called listen()
 * ```
 */
export class Listener implements AsyncDisposable {
  readonly #listening: Listening;

  /** Only `listen` makes one. */
  constructor(listening: unknown) {
    this.#listening = listening as Listening;
  }

  /** Where it listens. */
  get addr(): Deno.NetAddr | Deno.UnixAddr {
    return this.#listening.addr;
  }

  /** How many connections there are. */
  get running(): number {
    return this.#listening.running;
  }

  /** Resolves when it has ended, and all its connections: to be awaited by code that does nothing but serve. */
  get finished(): Promise<void> {
    return this.#listening.finished;
  }

  /**
   * Accept nothing more, let connections go on for `drain`, cancel the rest. Resolves when all have ended; for one of its own
   * connections, which cannot wait for that, it rejects with an `InvalidStateError`, and goes on all the same.
   */
  shutdown(): Promise<void> {
    return this.#listening.shutdown();
  }

  /** As {@linkcode shutdown}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
