import { currentScope } from "../core/ambient.ts";
import { type Held, Hold } from "../core/held.ts";
import type { WaitKind } from "../core/instrument.ts";
import { outside } from "../core/context.ts";
import type { Scope } from "../core/scope.ts";
import { refusal, rejected, resolved, Waiter } from "../core/waiter.ts";
import { type CancelledError, InvalidStateError } from "../errors.ts";
import { type Address, formatAddress, withAddress } from "./address.ts";
import { Inbox } from "./inbox.ts";

/** What a read gives where not enough has come. */
export const MORE: unique symbol = Symbol("more");

/** Take what is wanted out of what has come. `hasEnded` tells that nothing more will. */
export type Take<T> = (inbox: Inbox, hasEnded: boolean) => T | typeof MORE;

/** Those that are open: a program that has dropped one must still have it closed by its owner. */
const open = new Set<Socket>();

/**
 * A connection of the platform, shared by tasks that may be cancelled at any time. One read and one write at a time are under
 * way, on behalf of all: neither is part of a task, so that none is cut off with one. What comes for a read that was given up
 * is there for the next; a write that has begun is finished, since half a message would spoil all that follow.
 */
export class Socket implements Held {
  /** Cleanup may have to say goodbye. */
  readonly untilEnd = true;
  readonly peer: string;
  readonly #conn: Deno.Conn;
  readonly #hold: Hold = new Hold(this);
  readonly #inbox = new Inbox();
  readonly #reads: ReadWait<unknown>[] = [];
  readonly #writes: WriteWait[] = [];
  #hasEnded = false;
  /** Why it can no longer be read, or written. */
  #readFailure: { error: unknown } | null = null;
  #writeFailure: { error: unknown } | null = null;
  #isFilling = false;
  #filled: Promise<void> | undefined;
  #isSending = false;
  #sent: Promise<void> | undefined;
  #closed = false;
  /** What a read of less than was asked for has ended with. */
  #cutOff: unknown;

  /**
   * @param conn The connection.
   * @param peer The other side, in words.
   * @param owner The scope that it is closed with, unless it is handed on.
   */
  constructor(conn: Deno.Conn, peer: string, owner: Scope) {
    this.#conn = conn;
    this.peer = peer;
    // As asyncio has it: who writes a line, and waits for the answer, is not to wait until the system has more to send.
    if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay();
    open.add(this);
    this.#hold.moveTo(owner);
  }

  get localAddr(): Address {
    return this.#conn.localAddr as Address;
  }

  get remoteAddr(): Address {
    return this.#conn.remoteAddr as Address;
  }

  /** Whether `error` was thrown because the other side has gone, or this one has closed. */
  isOver(error: unknown): boolean {
    return error === this.#readFailure?.error || error === this.#writeFailure?.error || error === this.#cutOff;
  }

  /** A read ends with `error`, as less has come than was asked for. */
  cutOff<E>(error: E): E {
    this.#cutOff = error;
    return error;
  }

  /** Read what `take` asks for. Reads are served in their order, each as a whole. */
  read<T>(take: Take<T>, signal: AbortSignal | undefined): Promise<T> {
    const scope = currentScope();
    const refused = refusal(scope, signal);
    if (refused !== null) return refused;
    if (this.#reads.length === 0) {
      try {
        const value = this.#take(take);
        if (value !== MORE) return resolved(scope, value);
      } catch (error) {
        return rejected(scope, error);
      }
    }
    const wait = new ReadWait<T>(scope, this, take, signal);
    this.#reads.push(wait as ReadWait<unknown>);
    if (!this.#isFilling) this.#filled = outside(() => this.#fill());
    return wait.promise;
  }

  /** Write all of `bytes`, or with `null` tell the other side that there is no more. Writes are made in their order. */
  write(bytes: Uint8Array | null, signal: AbortSignal | undefined): Promise<void> {
    const scope = currentScope();
    const refused = refusal(scope, signal);
    if (refused !== null) return refused;
    if (this.#writeFailure !== null) return rejected(scope, this.#writeFailure.error);
    const wait = new WriteWait(scope, this, bytes, signal);
    this.#writes.push(wait);
    if (!this.#isSending) this.#sent = outside(() => this.#send());
    return wait.promise;
  }

  /** A read was given up. */
  forgetRead(wait: ReadWait<unknown>): void {
    this.#reads.splice(this.#reads.indexOf(wait), 1);
    // Those behind it may want less.
    this.#serve();
  }

  /** A write was given up: not made at all if it has not begun. */
  forgetWrite(wait: WriteWait): void {
    const at = this.#writes.indexOf(wait);
    if (at !== -1) this.#writes.splice(at, 1);
  }

  /** Close it, at once. Who waits for it gets `why`. */
  close(why: string, cause?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    open.delete(this);
    this.#hold.end();
    const message = `Cannot use the connection to ${this.peer}: ${why}`;
    const failure = { error: new InvalidStateError(message, cause === undefined ? {} : { cause }) };
    this.#readFailure = this.#writeFailure = failure;
    this.#conn.close();
    this.#serve();
    this.#failWrites();
  }

  /** Resolves when it is closed, and nothing of it is under way. */
  async closed(): Promise<void> {
    await this.#filled;
    await this.#sent;
  }

  /** See {@linkcode Held}. */
  release(by: CancelledError | null): void {
    this.close(
      by === null ? "the task that owned it has ended" : "the task that owned it was cancelled",
      by ?? undefined,
    );
  }

  #take<T>(take: Take<T>): T | typeof MORE {
    // There is nothing to be had any more of one that was closed here; of one that broke, what had come before.
    if (this.#closed) throw this.#readFailure!.error;
    const value = take(this.#inbox, this.#hasEnded);
    if (value === MORE && this.#readFailure !== null) throw this.#readFailure.error;
    return value;
  }

  async #fill(): Promise<void> {
    this.#isFilling = true;
    try {
      while (this.#reads.length > 0) {
        const count = await this.#conn.read(this.#inbox.room);
        if (count === null) this.#hasEnded = true;
        else this.#inbox.add(count);
        this.#serve();
      }
    } catch (error) {
      this.#readFailure ??= { error: withAddress(error, this.peer) };
      this.#serve();
    } finally {
      this.#isFilling = false;
    }
  }

  /** Serve those who read, as far as that goes. */
  #serve(): void {
    for (let wait = this.#reads[0]; wait !== undefined; wait = this.#reads[0]) {
      try {
        const value = this.#take(wait.take);
        if (value === MORE) return;
        this.#reads.shift();
        wait.resolve(value);
      } catch (error) {
        this.#reads.shift();
        wait.reject(error);
      }
    }
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    let wait: WriteWait | undefined;
    try {
      for (wait = this.#writes.shift(); wait !== undefined; wait = this.#writes.shift()) {
        const { bytes } = wait;
        if (bytes === null) await this.#conn.closeWrite();
        else for (let at = 0; at < bytes.length;) at += await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
        wait.resolve();
      }
    } catch (error) {
      this.#writeFailure ??= { error: withAddress(error, this.peer) };
      wait!.reject(this.#writeFailure.error);
      this.#failWrites();
    } finally {
      this.#isSending = false;
    }
  }

  #failWrites(): void {
    for (const wait of this.#writes.splice(0)) wait.reject(this.#writeFailure!.error);
  }
}

/**
 * A wait for the other side of a connection, which may be this very program: a virtual clock gives it a little real time, and
 * then goes on.
 */
abstract class SocketWait<T> extends Waiter<T> {
  protected readonly socket: Socket;
  readonly #letTimePass: (() => void) | undefined;

  constructor(scope: Scope, socket: Socket, signal: AbortSignal | undefined) {
    super(scope, signal);
    this.socket = socket;
    const { clock } = scope;
    this.#letTimePass = clock.hold?.(true);
    clock.doubt?.(this.promise);
  }

  override resolve(value: T): void {
    this.#letTimePass?.();
    super.resolve(value);
  }

  override reject(error: unknown): void {
    this.#letTimePass?.();
    super.reject(error);
  }

  override get kind(): WaitKind {
    return "network";
  }

  protected override withdraw(): void {
    this.#letTimePass?.();
  }
}

class ReadWait<T> extends SocketWait<T> {
  readonly take: Take<T>;

  constructor(scope: Scope, socket: Socket, take: Take<T>, signal: AbortSignal | undefined) {
    super(scope, socket, signal);
    this.take = take;
  }

  override describe(): string {
    return `read from ${this.socket.peer}`;
  }

  protected override withdraw(): void {
    super.withdraw();
    this.socket.forgetRead(this as ReadWait<unknown>);
  }
}

class WriteWait extends SocketWait<void> {
  readonly bytes: Uint8Array | null;

  constructor(scope: Scope, socket: Socket, bytes: Uint8Array | null, signal: AbortSignal | undefined) {
    super(scope, socket, signal);
    this.bytes = bytes;
  }

  override describe(): string {
    return `write to ${this.socket.peer}`;
  }

  protected override withdraw(): void {
    super.withdraw();
    this.socket.forgetWrite(this);
  }
}

/** The other side of `conn`, in words; `fallback` where it has no name. */
export function peerOf(conn: Deno.Conn, fallback?: string): string {
  const address = conn.remoteAddr as Address | undefined;
  if (address !== undefined && ("port" in address || address.path)) return formatAddress(address);
  return fallback ?? "a Unix socket";
}
