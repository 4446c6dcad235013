/**
 * What a function handed to the toolkit receives: the scope that owns it. Pass its `signal` to whatever takes one.
 *
 * @example The idiom for `fetch`
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { sleep, timeout, TimeoutError } from "@asyncio/toolkit";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, () => sleep(100, new Response("too late")));
 * const url = `http://127.0.0.1:${server.addr.port}/`;
 *
 * await assertRejects(() => timeout(20, ({ signal }) => fetch(url, { signal })), TimeoutError);
 * ```
 */
export interface CancelScope {
  /** The name of the task, or of the scope. */
  readonly name: string;
  /** Fires when the scope is cancelled; its `reason` is the `CancelledError`. Made on first use. */
  readonly signal: AbortSignal;
  /** When the scope's own time runs out, in milliseconds of its clock; `Infinity` when it has none. */
  readonly deadline: number;
}

/** A function that the toolkit starts and owns. */
export type Owned<T> = (scope: CancelScope) => T | PromiseLike<T>;
