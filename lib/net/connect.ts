import { currentScope } from "../core/ambient.ts";
import { outside } from "../core/context.ts";
import { realTime } from "../core/platform.ts";
import { refusal, type WaitOptions } from "../core/waiter.ts";
import { formatHost, withAddress } from "./address.ts";
import { checkLimit, Connection, LIMIT } from "./connection.ts";
import { NetworkWait } from "./network_wait.ts";
import { Socket } from "./socket.ts";

/** Options of {@linkcode connect}. */
export interface ConnectOptions extends WaitOptions {
  /** The port to connect to. */
  port?: number | undefined;
  /**
   * The host to connect to, by name or by number.
   *
   * @default "127.0.0.1"
   */
  hostname?: string | undefined;
  /** The path of a Unix socket to connect to, instead of a port. */
  path?: string | undefined;
  /**
   * Whether to speak TLS. The certificate of the other side must be one for `hostname`. What is given up before both sides have
   * agreed keeps its file until the other side answers or leaves: the platform sees to that.
   *
   * @default false
   */
  tls?: boolean | undefined;
  /** Certificates to be trusted besides those of the system, as PEM, for TLS. */
  caCerts?: string[] | undefined;
  /**
   * How many bytes a line may have, and what comes before a separator.
   *
   * @default 65_536
   */
  limit?: number | undefined;
}

/**
 * Connect to another program, over TCP, TLS or a Unix socket. The connection is closed when the code that calls this ends.
 *
 * Given up by a `timeout` around it, a cancellation or `signal`, nothing is left behind. Errors are the platform's, with host and
 * port in their message. As `asyncio.open_connection`, and `trio.open_tcp_stream`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { timeout } from "@asyncio/toolkit";
 * import { connect, listen } from "@asyncio/toolkit/net";
 *
 * await using server = listen({ hostname: "127.0.0.1", port: 0 }, async (connection) => {
 *   await connection.write(`hello ${await connection.readLine()}\n`);
 * });
 *
 * await using connection = await timeout(5_000, () => connect(server.addr));
 * await connection.write("world\n");
 * assertEquals(await timeout(5_000, () => connection.readLine()), "hello world");
 * ```
 *
 * @param options Where to, `tls`, `limit`; `signal` gives up when it fires. The `addr` of a `Listener` will do.
 * @returns The connection, with TLS when both sides have agreed on that. What returns it hands it on to its caller.
 * @throws {Deno.errors.ConnectionRefused} When nobody listens there.
 * @throws {TypeError} When there is neither a port nor a path.
 */
export function connect(options: ConnectOptions): Promise<Connection> {
  const { hostname = "127.0.0.1", port, path, limit = LIMIT, signal } = options;
  checkLimit("connect", limit);
  if (path === undefined && port === undefined) {
    throw new TypeError("Cannot connect as a port or a path is needed: current value is undefined");
  }
  const scope = currentScope();
  const refused = refusal(scope, signal);
  if (refused !== null) return refused;
  const peer = path ?? `${formatHost(hostname)}:${port}`;
  const stopper = new AbortController();
  // Not at once: one that the platform has made, but not told of yet, would be lost there, and stay open for ever.
  const giveUp = (error: unknown) => outside(realTime.setImmediate, () => stopper.abort(error));
  const wait = new NetworkWait<Connection>(scope, { describe: () => `connect to ${peer}` }, giveUp, signal);
  open(options, stopper.signal).then((conn) => {
    if (wait.waiting) wait.resolve(new Connection(new Socket(conn, peer, scope), limit));
    else conn.close();
  }, (error) => {
    if (wait.waiting) wait.reject(withAddress(error, peer));
  });
  return wait.promise;
}

async function open(options: ConnectOptions, signal: AbortSignal): Promise<Deno.Conn> {
  const { hostname = "127.0.0.1", port, path, tls, caCerts } = options;
  if (path !== undefined) return await Deno.connect({ transport: "unix", path });
  const conn = await Deno.connect({ hostname, port: port!, signal });
  if (!tls) return conn;
  // In two steps, as the platform's own way to do both cannot be stopped.
  const secured = await Deno.startTls(conn, { hostname, ...(caCerts && { caCerts }) });
  const stop = () => secured.close();
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) throw signal.reason;
    await secured.handshake();
    return secured;
  } catch (error) {
    if (!signal.aborted) secured.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
