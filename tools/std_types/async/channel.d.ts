/** Thrown by what is done to a closed channel. */
export class ChannelClosedError extends Error {
  /** The value that was not sent, where one was being sent. */
  readonly value?: unknown;
  constructor(message: string, ...rest: [value: unknown] | []);
}

/** What {@linkcode Channel.tryReceive} found. */
export type ChannelReceiveResult<T> = { state: "ok"; value: T } | { state: "empty" } | { state: "closed" };

/** Options of {@linkcode Channel}. */
export interface ChannelOptions {
  /** How many values may wait; 0 hands each over directly. */
  capacity?: number;
}

/** Options of {@linkcode Channel.send}. */
export interface ChannelSendOptions {
  /** Gives up the wait. */
  signal?: AbortSignal;
}

/** Options of {@linkcode Channel.receive}. */
export interface ChannelReceiveOptions {
  /** Gives up the wait. */
  signal?: AbortSignal;
}

/** A queue between concurrent senders and receivers, which can be closed. */
export class Channel<T> implements AsyncIterable<T>, Disposable, AsyncDisposable {
  constructor(options?: ChannelOptions);
  send(value: T, options?: ChannelSendOptions): Promise<void>;
  receive(options?: ChannelReceiveOptions): Promise<T>;
  trySend(value: T): boolean;
  tryReceive(): ChannelReceiveResult<T>;
  close(reason?: unknown): void;
  get closed(): boolean;
  get size(): number;
  get capacity(): number;
  toReadableStream(): ReadableStream<T>;
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}
