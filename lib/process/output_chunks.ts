import { currentScope } from "../core/ambient.ts";
import { throwIfRefused } from "../core/waiter.ts";
import { ProcessWait } from "./process_wait.ts";

/** What comes through a pipe, chunk by chunk, each as a wait for the process. The pipe is closed when that is left, or given up. */
export class OutputChunks implements AsyncIterator<Uint8Array<ArrayBuffer>, void> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #what: string;
  readonly #signal: AbortSignal | undefined;

  /** @param what What is waited for. */
  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, what: string, signal: AbortSignal | undefined) {
    this.#reader = stream.getReader();
    this.#what = what;
    this.#signal = signal;
  }

  async next(): Promise<IteratorResult<Uint8Array<ArrayBuffer>, void>> {
    const scope = currentScope();
    throwIfRefused(scope, this.#signal);
    const { done, value } = await new ProcessWait(scope, this.#what, this.#reader.read(), this.#signal).promise;
    return done ? { done, value: undefined } : { done, value };
  }

  async return(): Promise<IteratorReturnResult<void>> {
    await this.#reader.cancel().catch(() => {});
    return { done: true, value: undefined };
  }
}
