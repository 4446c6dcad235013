import type { RunInScope } from "../core/ambient.ts";
import { keep, type Kept, stopKeeping } from "../core/kept.ts";
import type { Scope } from "../core/scope.ts";

/** How the body of a served answer ends: all of it was read, it has failed or was cancelled, or its client has gone away. */
export type BodyEnd = "sent" | "failed" | "client gone";

/**
 * A response like `answer`, whose body is read as part of the request: the platform reads a body in no context at all, and tells
 * nobody when it stops. `null` if the body is known before it is sent: then `answer` itself can be sent.
 *
 * @param onEnd Told once how the body has ended.
 */
export function asPartOf(
  scope: Scope,
  run: RunInScope,
  answer: Response,
  onEnd: (how: BodyEnd) => void,
): Response | null {
  if (!hasStream(answer)) return null;
  const { body, status, statusText, headers } = answer;
  if (body === null) return null;
  return new Response(new ReadableStream(new ServedBody(scope, run, body, onEnd), { highWaterMark: 0 }), {
    status,
    statusText,
    headers,
  });
}

class ServedBody implements UnderlyingDefaultSource<Uint8Array>, Kept {
  readonly #scope: Scope;
  readonly #run: RunInScope;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #onEnd: (how: BodyEnd) => void;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #ended = false;

  constructor(
    scope: Scope,
    run: RunInScope,
    body: ReadableStream<Uint8Array>,
    onEnd: (how: BodyEnd) => void,
  ) {
    this.#scope = scope;
    this.#run = run;
    this.#reader = body.getReader();
    this.#onEnd = onEnd;
    keep(scope, this);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const { done, value } = await this.#run(this.#scope, () => this.#reader.read());
      if (this.#ended) return;
      if (!done) return controller.enqueue(value);
      controller.close();
      this.#end("sent");
    } catch (error) {
      if (this.#ended) return;
      this.#end("failed");
      throw error;
    }
  }

  /** The platform wants no more of it. */
  async cancel(reason: unknown): Promise<void> {
    if (this.#ended) return;
    // The request is cancelled first: what the stream waits for may be all that keeps it from closing.
    this.#end("client gone");
    await this.#run(this.#scope, () => this.#reader.cancel(reason));
  }

  /** The request is cancelled. */
  release(error: unknown): void {
    if (this.#ended) return;
    this.#controller.error(error);
    this.#end("failed");
    void this.#run(this.#scope, () => this.#reader.cancel(error)).catch(() => {});
  }

  #end(how: BodyEnd): void {
    this.#ended = true;
    stopKeeping(this.#scope, this);
    this.#onEnd(how);
  }
}

/**
 * Whether the body of `answer` is a stream. To ask for `body` would tell, but makes a stream of any body, and an answer three
 * times as dear. So this looks at what the platform keeps in the answer, where that is as it was when this was written.
 */
let hasStream: (answer: Response) => boolean = (answer) => {
  const inner = Object.getOwnPropertySymbols(answer).find(({ description }) => description === "response");
  const look = (answer: Response) => isStream((answer as unknown as Inner)[inner!]);
  const isProven = inner !== undefined && look(new Response(new ReadableStream())) === true &&
    look(new Response("text")) === false && look(new Response(new Uint8Array(1))) === false;
  hasStream = isProven ? (answer) => look(answer) !== false : () => true;
  return hasStream(answer);
};

interface Inner {
  [inner: symbol]: { body?: { streamOrStatic?: unknown } | null } | undefined;
}

/** `undefined` where that cannot be told. */
function isStream(inner: Inner[symbol]): boolean | undefined {
  if (inner?.body === undefined) return undefined;
  if (inner.body === null) return false;
  const { streamOrStatic } = inner.body;
  return streamOrStatic === undefined ? undefined : streamOrStatic instanceof ReadableStream;
}
