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

  /**
   * @param onClose Called once nothing can be written any more.
   * @param whyEnded Why the process was ended, if it was: that, and not a broken pipe, is what a write fails with.
   */
  constructor(
    target: WritableStream<Uint8Array<ArrayBuffer>>,
    onClose: () => void,
    whyEnded: () => Promise<{ error: unknown } | null>,
  ) {
    this.#writer = target.getWriter();
    this.#onClose = onClose;
    this.writable = new WritableStream({
      start: (controller) => void (this.#controller = controller),
      write: async (chunk) => {
        try {
          await this.#writer.write(chunk);
        } catch (error) {
          throw (await whyEnded() ?? { error }).error;
        }
      },
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
