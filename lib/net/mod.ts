/**
 * Servers and connections that end with the code that starts them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { serve } from "@asyncio/toolkit/net";
 *
 * await using server = serve(() => new Response("hello"), { hostname: "127.0.0.1", port: 0 });
 * const response = await fetch(server.url);
 * assertEquals(await response.text(), "hello");
 * ```
 *
 * @module
 */

export { connect, type ConnectOptions } from "./connect.ts";
export { Connection } from "./connection.ts";
export { type ConnectionHandler, listen, Listener, type ListenOptions } from "./listen.ts";
export { IncompleteReadError, LimitOverrunError } from "./read_errors.ts";
export { type Handler, serve, type ServeOptions, Server, type ServerStats } from "./serve.ts";
