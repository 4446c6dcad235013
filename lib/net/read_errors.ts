/**
 * The other side has ended before all that was asked for had come. As `asyncio.IncompleteReadError`.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { connect, IncompleteReadError, listen } from "@asyncio/toolkit/net";
 *
 * await using server = listen({ hostname: "127.0.0.1", port: 0 }, (connection) => connection.write("ab"));
 * await using connection = await connect(server.addr);
 * const error = await assertRejects(() => connection.readExactly(4), IncompleteReadError);
 * assertEquals([error.partial.length, error.expected], [2, 4]);
 * ```
 */
export class IncompleteReadError extends Deno.errors.UnexpectedEof {
  /** What had come. It is taken: the next read does not get it. */
  readonly partial: Uint8Array<ArrayBuffer>;
  /** How many bytes were asked for; `undefined` where that was not a number. */
  readonly expected: number | undefined;

  /**
   * Make one; reads do.
   *
   * @param message What happened, with the address of the other side.
   * @param partial What had come.
   * @param expected How many bytes were asked for.
   */
  constructor(message: string, partial: Uint8Array<ArrayBuffer>, expected?: number) {
    super(message);
    this.name = "IncompleteReadError";
    this.partial = partial;
    this.expected = expected;
  }
}

/**
 * A line, or what comes before a separator, is longer than the limit of the connection. What has come stays for the next
 * read, which may be `read()`. As `asyncio.LimitOverrunError`.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { connect, LimitOverrunError, listen } from "@asyncio/toolkit/net";
 *
 * await using server = listen({ hostname: "127.0.0.1", port: 0 }, (connection) => connection.write("too long\n"));
 * await using connection = await connect({ ...server.addr, limit: 4 });
 * const error = await assertRejects(() => connection.readLine(), LimitOverrunError);
 * assertEquals(error.limit, 4);
 * ```
 */
export class LimitOverrunError extends RangeError {
  /** The limit, in bytes. */
  readonly limit: number;

  /**
   * Make one; reads do.
   *
   * @param message What happened, with the address of the other side.
   * @param limit The limit.
   */
  constructor(message: string, limit: number) {
    super(message);
    this.name = "LimitOverrunError";
    this.limit = limit;
  }
}
