import { indexOfNeedle } from "@std/bytes/index-of-needle";
import type { WaitOptions } from "../core/waiter.ts";
import { held, type Holder } from "../core/held.ts";
import type { Inbox } from "./inbox.ts";
import { IncompleteReadError, LimitOverrunError } from "./read_errors.ts";
import { MORE, type Socket, type Take } from "./socket.ts";

/** What a line, or what comes before a separator, may be long unless the caller says otherwise: as asyncio has it. */
export const LIMIT: number = 64 * 1024;

/** Throw unless `limit` is one for `what`. */
export function checkLimit(what: string, limit: number): void {
  if (!(limit >= 1)) throw new RangeError(`Cannot ${what} as limit must be at least 1: current value is ${limit}`);
}

const LINE_FEED = 10;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A connection to another program: bytes both ways, in order. {@linkcode connect} makes one, and {@linkcode listen} one for each
 * client. Reading is as with `asyncio.StreamReader`.
 *
 * - It is closed when its scope ends: the function that has opened it, unless that returns it; then its caller's. Not sooner:
 *   cleanup in a `shield` may still say goodbye.
 * - A read that is given up (a timeout, a cancellation, a `signal`) loses nothing: what comes is there for the next read. Several
 *   reads at a time are served in their order.
 * - Writes of several tasks come out in their order, each as a whole; one that is given up is made to its end once it has begun,
 *   and not at all otherwise.
 * - When the connection breaks, reads give what had come before, and then throw the error of the platform, as writes do.
 *
 * @example Lines, there and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, listen } from "@asyncio/toolkit/net";
 *
 * await using server = listen({ hostname: "127.0.0.1", port: 0 }, async (connection) => {
 *   for await (const line of connection.lines()) await connection.write(`${line.toUpperCase()}\n`);
 * });
 *
 * await using connection = await connect(server.addr);
 * await connection.write("one\ntwo\n");
 * await connection.closeWrite();
 * assertEquals(await Array.fromAsync(connection.lines()), ["ONE", "TWO"]);
 * ```
 */
export class Connection implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #limit: number;

  /** Only `connect` and `listen` make one. */
  constructor(socket: unknown, limit: number) {
    this.#socket = socket as Socket;
    // Where a function that returns it has it found.
    (this as Holder)[held] = this.#socket;
    this.#limit = limit;
  }

  /** Its end on this side. */
  get localAddr(): Deno.NetAddr | Deno.UnixAddr {
    return this.#socket.localAddr;
  }

  /** Its end on the other side. */
  get remoteAddr(): Deno.NetAddr | Deno.UnixAddr {
    return this.#socket.remoteAddr;
  }

  /** The other side, for messages: `127.0.0.1:8000`. */
  get peer(): string {
    return this.#socket.peer;
  }

  /**
   * Read what comes next: as soon as there is something, what there is.
   *
   * @param max How many bytes at most, at least 1.
   * @param options `signal`: gives up the wait when it fires, with its reason.
   * @returns At least one byte; `null` when the other side has said that there is no more.
   * @throws {RangeError} When `max` is out of its range.
   */
  read(max: number = LIMIT, options: WaitOptions = {}): Promise<Uint8Array<ArrayBuffer> | null> {
    if (!(max >= 1)) {
      throw new RangeError(`Cannot read as max must be at least 1: current value is ${max}`);
    }
    return this.#read((inbox, hasEnded) => {
      if (inbox.length > 0) return inbox.take(Math.min(max, inbox.length));
      return hasEnded ? null : MORE;
    }, options);
  }

  /**
   * Read exactly so many bytes.
   *
   * @param count How many.
   * @param options `signal`: gives up the wait when it fires, with its reason.
   * @returns The bytes.
   * @throws {IncompleteReadError} When the other side has ended before; it has what had come.
   * @throws {RangeError} When `count` is out of its range.
   */
  readExactly(count: number, options: WaitOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    if (!(Number.isInteger(count) && count >= 0)) {
      throw new RangeError(
        `Cannot read exactly so many bytes as count must be a whole number: current value is ${count}`,
      );
    }
    return this.#read((inbox, hasEnded) => {
      if (inbox.length >= count) return inbox.take(count);
      if (hasEnded) throw this.#incomplete(inbox, `${count} bytes`, count);
      return MORE;
    }, options);
  }

  /**
   * Read up to a separator, and that, too.
   *
   * @param separator Text or bytes, at least one.
   * @param options `signal`: gives up the wait when it fires, with its reason.
   * @returns The bytes, the separator at their end.
   * @throws {IncompleteReadError} When the other side has ended before; it has what had come.
   * @throws {LimitOverrunError} When there are more bytes before it than the limit; they stay for the next read.
   * @throws {RangeError} When the separator is empty.
   */
  readUntil(separator: string | Uint8Array, options: WaitOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const end = typeof separator === "string" ? encoder.encode(separator) : separator;
    if (end.length === 0) throw new RangeError("Cannot read until a separator as that is empty");
    const find = this.#finder(end, "a separator");
    return this.#read((inbox, hasEnded) => {
      const at = find(inbox);
      if (at !== -1) return inbox.take(at + end.length);
      if (hasEnded) throw this.#incomplete(inbox, "a separator");
      return MORE;
    }, options);
  }

  /**
   * Read a line of text, in UTF-8.
   *
   * @param options `signal`: gives up the wait when it fires, with its reason.
   * @returns The line without its end, a line feed or a carriage return and a line feed; `null` when there are no more. The last
   *   line need not have an end.
   * @throws {LimitOverrunError} When it is longer than the limit; it stays for the next read.
   */
  readLine(options: WaitOptions = {}): Promise<string | null> {
    const find = this.#finder(LINE_END, "a line");
    return this.#read((inbox, hasEnded) => {
      const at = find(inbox);
      if (at !== -1) return withoutEnd(decoder.decode(inbox.take(at + 1)));
      if (!hasEnded) return MORE;
      return inbox.length === 0 ? null : decoder.decode(inbox.take(inbox.length));
    }, options);
  }

  /**
   * Loop over the lines that come, until the other side ends. The connection stays open when the loop is left: what has not
   * been taken is there for the next read.
   *
   * @param options `signal`: ends the loop when it fires, with its reason.
   * @returns The lines, as {@linkcode readLine} gives them.
   */
  async *lines(options: WaitOptions = {}): AsyncGenerator<string, void> {
    for (;;) {
      const line = await this.readLine(options);
      if (line === null) return;
      yield line;
    }
  }

  /**
   * Write all of it.
   *
   * @param data Text, which is sent in UTF-8, or bytes. Those must stay as they are until they are written.
   * @param options `signal`: gives up the wait when it fires, with its reason. What has begun is written to its end all the same.
   * @returns A promise that resolves when the system has taken all of it: where the other side reads slowly, that is when it
   *   has.
   */
  write(data: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    return this.#socket.write(typeof data === "string" ? encoder.encode(data) : data, options.signal);
  }

  /**
   * Tell the other side that there is no more, after all that is being written; it can still be read from.
   *
   * @param options `signal`: gives up the wait when it fires, with its reason.
   */
  closeWrite(options: WaitOptions = {}): Promise<void> {
    return this.#socket.write(null, options.signal);
  }

  /** Close it at once, both ways. What is waited for fails with an `InvalidStateError`. */
  close(): void {
    this.#socket.close("it was closed");
  }

  /** As {@linkcode close}, and wait until nothing of it is left: what `await using` does at the end of a block. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#socket.closed();
  }

  /** Show who is connected. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Connection { "${this.peer}" }`;
  }

  #read<T>(take: Take<T>, { signal }: WaitOptions): Promise<T> {
    return this.#socket.read(take, signal);
  }

  /** What finds `end` in what has come, at most at the limit. It looks at each byte once, in whatever pieces they come. */
  #finder(end: Uint8Array, what: string): (inbox: Inbox) => number {
    let searched = 0;
    return (inbox) => {
      const bytes = inbox.peek(inbox.length);
      const at = end.length === 1 ? bytes.indexOf(end[0]!, searched) : indexOfNeedle(bytes, end, searched);
      if (at === -1) searched = Math.max(0, inbox.length - end.length + 1);
      if ((at === -1 ? searched : at) <= this.#limit) return at;
      throw new LimitOverrunError(
        `Cannot read ${what} from ${this.peer} as it is longer than the limit: current value is ${this.#limit}`,
        this.#limit,
      );
    };
  }

  #incomplete(inbox: Inbox, what: string, expected?: number): IncompleteReadError {
    const { length } = inbox;
    const message = `Cannot read ${what} from ${this.peer} as it has ended: only ${length} bytes have come`;
    return this.#socket.cutOff(new IncompleteReadError(message, inbox.take(length), expected));
  }
}

const LINE_END = Uint8Array.of(LINE_FEED);

function withoutEnd(line: string): string {
  return line.slice(0, line.endsWith("\r\n") ? -2 : -1);
}
