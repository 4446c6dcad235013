import { currentScope } from "../core/ambient.ts";
import { checkFunction, checkMs } from "../core/checks.ts";
import { throwIfRefused, type WaitOptions } from "../core/waiter.ts";
import { Serving } from "./serving.ts";

/** What answers a request. */
export type Handler = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;

/** Options of {@linkcode serve}. */
export interface ServeOptions extends WaitOptions {
  /**
   * The port to listen on; 0 for any that is free.
   *
   * @default 8000
   */
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
   * How long requests may go on once the server is to end, in milliseconds, before they are cancelled.
   *
   * @default 10_000
   */
  drain?: number | undefined;
  /**
   * How many requests may run at a time, at least 1. More wait for their turn, in their order.
   *
   * @default Infinity
   */
  maxRequests?: number | undefined;
  /**
   * How many requests may wait for their turn. More are answered with status 503 and `Retry-After`.
   *
   * @default the same as `maxRequests`
   */
  maxQueue?: number | undefined;
}

/** How busy a server is. */
export interface ServerStats {
  /** Requests that run: until their answer has been sent. */
  readonly running: number;
  /** Requests that wait for their turn. */
  readonly waiting: number;
}

/**
 * Serve HTTP requests, each as a task of the code that calls this.
 *
 * - A request is a task until it is answered, and where the answer is a stream, until that has been sent. A client that
 *   goes away cancels it: the handler, all that it has started, and the stream. A request that was upgraded to a WebSocket lasts until
 *   the tasks that its handler has created have ended.
 * - Handlers see the `AsyncLocalStorage` values of the code that called `serve`.
 * - When that code is cancelled (Ctrl-C and SIGTERM under `run`) or has ended, and with {@linkcode Server.shutdown}: the
 *   server turns away what comes (status 503), lets what runs go on for `drain`, cancels the rest, waits for its end, and
 *   stops listening. The code that
 *   called `serve` ends after that.
 * - A handler that throws is an answer with status 500, and a line on standard error; never the end of the server.
 * - Of more than `maxRequests` the others wait, up to `maxQueue`; the rest is answered with status 503.
 *
 * Built on `Deno.serve`. As `trio.serve_tcp` in what it owns, and as `asyncio.Server` in that it is an object.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sleep } from "@asyncio/toolkit";
 * import { serve } from "@asyncio/toolkit/net";
 *
 * await using server = serve(async (request) => {
 *   await sleep(5); // ends at once when the client goes away
 *   return new Response(`hello from ${new URL(request.url).pathname}`);
 * }, { hostname: "127.0.0.1", port: 0 });
 *
 * const response = await fetch(server.url + "world");
 * assertEquals(await response.text(), "hello from /world");
 * ```
 *
 * @param handler Answers a request, with a `Response` or a promise of one.
 * @param options Where to listen, `drain`, `maxRequests`, `maxQueue`; `signal` shuts the server down when it fires.
 * @returns The server, which listens already.
 * @throws {Deno.errors.AddrInUse} When another program listens there.
 * @throws {RangeError} When a number is out of its range.
 */
export function serve(handler: Handler, options: ServeOptions = {}): Server {
  checkFunction("serve", handler);
  const { drain = 10_000, maxRequests = Infinity, maxQueue = maxRequests, signal, ...place } = options;
  checkMs("drain a server", drain);
  if (!(maxRequests >= 1)) {
    throw new RangeError(`Cannot serve as maxRequests must be at least 1: current value is ${maxRequests}`);
  }
  if (!(maxQueue >= 0)) {
    throw new RangeError(`Cannot serve as maxQueue must not be negative: current value is ${maxQueue}`);
  }
  throwIfRefused(currentScope(), signal);
  return new Server(new Serving(handler, place, drain, maxRequests, maxQueue, signal));
}

/**
 * A server that listens, made by {@linkcode serve}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { serve } from "@asyncio/toolkit/net";
 *
 * const server = serve(() => new Response("hello"), { hostname: "127.0.0.1", port: 0 });
 * assertEquals(server.stats(), { running: 0, waiting: 0 });
 * await server.shutdown(); // or the end of the code that has called serve()
 * ```
 */
export class Server implements AsyncDisposable {
  readonly #serving: Serving;

  /** Only `serve` makes one. */
  constructor(serving: unknown) {
    this.#serving = serving as Serving;
  }

  /** Where it listens. */
  get addr(): Deno.NetAddr | Deno.UnixAddr {
    return this.#serving.addr;
  }

  /** Where it listens, for a client on this machine: `http://127.0.0.1:8000/`. Empty for a Unix socket. */
  get url(): string {
    return this.#serving.url;
  }

  /** Resolves when the server has ended, and all its requests: to be awaited by code that does nothing but serve. */
  get finished(): Promise<void> {
    return this.#serving.finished;
  }

  /** How busy it is. */
  stats(): ServerStats {
    return this.#serving.stats();
  }

  /**
   * Accept nothing more, let requests go on for `drain`, cancel the rest. Resolves when all have ended; for one of its own requests,
   * which cannot wait for that, it rejects with an `InvalidStateError`, and goes on all the same.
   */
  shutdown(): Promise<void> {
    return this.#serving.shutdown();
  }

  /** As {@linkcode shutdown}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
