import { currentScope } from "../core/ambient.ts";
import { standsFor } from "../core/platform.ts";
import { refusal, rejected } from "../core/waiter.ts";
import { Exchange } from "./exchange.ts";
import { Body } from "./fetched_body.ts";
import { adoptResponse, hasBody, isPlainResponse } from "./fetched_response.ts";
import { NetworkWait } from "./network_wait.ts";

type Init = Parameters<typeof fetch>[1];

/**
 * The platform's `fetch`, owned by the code that calls it: when that is cancelled, the request ends, wherever it stands, and
 * so does the reading of the answer's body, whoever reads it. No `signal` has to be handed on.
 *
 * - Cancelled code gets its own error: the `CancelledError` of its task, the `TimeoutError` of a `timeout` around it. In code
 *   that is cancelled already, nothing is sent. A `signal` of your own works beside that; then its reason is thrown.
 * - The answer is a `Response` as any. Its body belongs to the function that has fetched it: what nobody has read to its end
 *   is dropped, and its connection closed, when that function ends. What a function returns belongs to its caller instead:
 *   `await timeout(5_000, () => fetch(url))` limits the time until the head is there, and its body can be read.
 * - To read (`text()` and its kind, `body`, `clone()`, also through `pipeThrough`) is a wait of whoever reads. A `read()` of a
 *   reader that is given up loses nothing; `text()`, a loop or `pipeTo` that is given up ends the request.
 * - Outside of all tasks it is the platform's.
 *
 * As `httpx.AsyncClient.get` under Trio. `globalThis.fetch`, which this calls, is left alone.
 *
 * @example A time limit, and no signal
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { fetch, gather, sleep, timeout, TimeoutError } from "@asyncio/toolkit";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, async (request) => {
 *   if (request.url.endsWith("/slow")) await sleep(200);
 *   return new Response("hello");
 * });
 * const url = `http://127.0.0.1:${server.addr.port}`;
 *
 * async function load(path: string) {
 *   return await (await fetch(url + path)).text();
 * }
 *
 * assertEquals(await gather(() => load("/a"), () => load("/b")), ["hello", "hello"]);
 * await assertRejects(() => timeout(20, () => gather(() => load("/a"), () => load("/slow"))), TimeoutError);
 * ```
 *
 * @param input The address, or a `Request`.
 * @param init As for the platform's `fetch`, Deno's `client` included.
 * @returns The answer, when its head has come.
 * @throws {CancelledError} When the calling task is cancelled.
 * @throws {TypeError} What the platform throws, when the server cannot be reached or the connection breaks.
 */
export function fetch(
  input: RequestInfo | URL,
  init?: RequestInit & { client?: Deno.HttpClient },
): Promise<Response> {
  const scope = currentScope();
  try {
    const theirs = signalOf(input, init);
    const refused = refusal(scope, theirs);
    if (refused !== null) return refused;
    const send = fetchHere();
    const url = input instanceof Request ? input.url : String(input);
    const exchange = new Exchange(methodOf(input, init), url, theirs, send === platformFetch);
    const sent = send(input, withSignal(init, exchange.signal));
    const wait = new NetworkWait<Response>(scope, exchange, (error) => exchange.stop(error));
    sent.then((response) => {
      if (wait.waiting && isPlainResponse(response) && hasBody(response)) {
        adoptResponse(response, new Body(exchange, scope));
      }
      wait.arrive(response);
    }, (error) => wait.reject(exchange.errorFor(scope, error)));
    return wait.promise;
  } catch (error) {
    return rejected(scope, error);
  }
}

const platformFetch = globalThis.fetch;

/** What is there at the time of the call: a test may have put in another. */
function fetchHere(): typeof globalThis.fetch {
  const { fetch } = globalThis;
  // The one of virtual time holds the clock, as the waits here do.
  return (fetch as { [standsFor]?: typeof fetch })[standsFor] ?? fetch;
}

function signalOf(input: RequestInfo | URL, init: Init): AbortSignal | undefined {
  if (init?.signal !== undefined) return init.signal ?? undefined;
  return input instanceof Request ? input.signal : undefined;
}

function methodOf(input: RequestInfo | URL, init: Init): string {
  return String(init?.method ?? (input instanceof Request ? input.method : "GET")).toUpperCase();
}

/** All that `fetch` asks of its options, for those that are no plain object. */
const OPTIONS = [
  "body",
  "cache",
  "client",
  "credentials",
  "duplex",
  "headers",
  "integrity",
  "keepalive",
  "method",
  "mode",
  "priority",
  "redirect",
  "referrer",
  "referrerPolicy",
  "window",
] as const;

function withSignal(init: Init, signal: AbortSignal): Init & { signal: AbortSignal } {
  if (init == null) return { signal };
  const prototype = Object.getPrototypeOf(init);
  if (prototype === Object.prototype || prototype === null) return { ...init, signal };
  // What it has by its class would not be copied: of a `Request` that is everything.
  const given = init as Record<string, unknown>;
  return { ...Object.fromEntries(OPTIONS.filter((name) => name in init).map((name) => [name, given[name]])), signal };
}
