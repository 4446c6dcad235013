/**
 * What is written to a process by hand. It closes with the process, whoever holds it: a write that is under way then fails,
 * also when others than the process still have the other end.
 */
export class InputPipe {
  /** For those who write. */
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #onClose: () => void;
  #controller!: WritableStreamDefaultController;
  #closed = false;

  /** @param onClose Called once nothing can be written any more. */
  constructor(target: WritableStream<Uint8Array<ArrayBuffer>>, onClose: () => void) {
    this.#writer = target.getWriter();
    this.#onClose = onClose;
    this.writable = new WritableStream({
      start: (controller) => void (this.#controller = controller),
      write: (chunk) => this.#writer.write(chunk),
      close: () => {
        this.#close();
        return this.#writer.close();
      },
      abort: (reason) => {
        this.#close();
        return this.#writer.abort(reason);
      },
    });
  }

  /** Whether it may still be written to. */
  get isOpen(): boolean {
    return !this.#closed;
  }

  /** The process has ended. */
  end(error: unknown): void {
    if (this.#closed) return;
    this.#close();
    this.#controller.error(error);
    this.#writer.abort(error).catch(() => {});
  }

  #close(): void {
    this.#closed = true;
    this.#onClose();
  }
}
