import { currentScope } from "../core/ambient.ts";
import type { Scope } from "../core/scope.ts";
import type { CancelledError } from "../errors.ts";
import { adopt, type Body, bodyOf } from "./fetched_body.ts";
import { lazily } from "./lazily.ts";
import { NetworkWait } from "./network_wait.ts";

/** What a reader gives. */
type Step = ReadableStreamReadResult<unknown>;

const plain = lazily(() => ReadableStream.prototype);
const plainReader = lazily(() => ReadableStreamDefaultReader.prototype);
const plainByobReader = lazily(() => ReadableStreamBYOBReader.prototype);

/**
 * What fetched streams inherit from: the platform's `ReadableStream`, where each read is a wait of the code that reads. A
 * stream stays the object that the platform has made: from that a file, or another request, takes it the quick way.
 */
const streams = lazily((): ReadableStream =>
  inherit(plain(), {
    getReader(this: ReadableStream, options?: ReadableStreamGetReaderOptions): ReadableStreamDefaultReader {
      const reader = plain().getReader.call(this, options!) as ReadableStreamDefaultReader;
      return adopt(reader, reader instanceof ReadableStreamBYOBReader ? byobReaders() : readers(), bodyOf(this));
    },
    values: iterate,
    [Symbol.asyncIterator]: iterate,
    cancel(this: ReadableStream, reason?: unknown): Promise<void> {
      // Of a branch of `tee` it takes until the other one is cancelled, too.
      if (!this.locked) bodyOf(this).end();
      return plain().cancel.call(this, reason);
    },
    pipeTo,
    pipeThrough(this: ReadableStream, ...args: Parameters<ReadableStream["pipeThrough"]>): ReadableStream {
      return adoptStream(plain().pipeThrough.apply(this, args), bodyOf(this));
    },
    tee(this: ReadableStream): ReadableStream[] {
      const branches = plain().tee.call(this);
      const body = bodyOf(this);
      return [adoptStream(branches[0], body), adoptStream(branches[1], body.divide())];
    },
  })
);

const readers = lazily((): ReadableStreamDefaultReader =>
  inherit(plainReader(), {
    read(this: ReadableStreamDefaultReader): Promise<Step> {
      const scope = currentScope();
      return bodyOf(this).refusal(scope) ?? chunksOf(this).next(scope);
    },
    cancel: cancelReader,
  })
);

const byobReaders = lazily((): ReadableStreamBYOBReader =>
  inherit(plainByobReader(), {
    read(this: ReadableStreamBYOBReader, ...args: Parameters<ReadableStreamBYOBReader["read"]>): Promise<Step> {
      const scope = currentScope();
      const body = bodyOf(this);
      const refused = body.refusal(scope);
      if (refused !== null) return refused;
      // The platform has the memory that it reads into, so there is no keeping what comes too late.
      const wait = new NetworkWait<Step>(scope, body.exchange, (error) => body.drop(error));
      settle(wait, body, plainByobReader().read.apply(this, args));
      return wait.promise;
    },
    cancel: cancelReader,
  })
);

/** Have `stream`, a body or what one has been piped through, be read as `body`. */
export function adoptStream<S extends ReadableStream>(stream: S, body: Body): S {
  // One of a class of its own stays what it is.
  return Object.getPrototypeOf(stream) === plain() ? adopt(stream, streams(), body) : stream;
}

/** An object that inherits from `parent`, with these methods. */
function inherit<T extends object>(parent: T, methods: object): T {
  return Object.create(parent, Object.getOwnPropertyDescriptors(methods));
}

function cancelReader(this: ReadableStreamDefaultReader | ReadableStreamBYOBReader, reason?: unknown): Promise<void> {
  const prototype = this instanceof ReadableStreamBYOBReader ? plainByobReader() : plainReader();
  bodyOf(this).end();
  return prototype.cancel.call(this, reason);
}

/** Have `wait` end as `step` does. */
function settle(wait: NetworkWait<Step>, body: Body, step: Promise<Step>): void {
  step.then((step) => {
    if (step.done) body.end();
    wait.resolve(step);
  }, (error) => {
    body.end();
    wait.reject(body.exchange.errorFor(wait.scope, error));
  });
}

/**
 * The chunks of one reader. A read that is given up loses nothing: what comes for it goes to the next one.
 */
class Chunks {
  readonly #reader: ReadableStreamDefaultReader;
  readonly #waits: NetworkWait<Step>[] = [];
  /** Reads of the platform that have not come back. */
  #pending = 0;
  /** What has come for nobody. */
  readonly #over: Promise<Step>[] = [];

  constructor(reader: ReadableStreamDefaultReader) {
    this.#reader = reader;
  }

  next(scope: Scope): Promise<Step> {
    const body = bodyOf(this.#reader);
    const wait = new NetworkWait<Step>(scope, body.exchange, pass);
    const over = this.#over.shift();
    if (over !== undefined) settle(wait, body, over);
    else {
      this.#waits.push(wait);
      if (this.#waits.filter(({ waiting }) => waiting).length > this.#pending) this.#read();
    }
    return wait.promise;
  }

  #read(): void {
    this.#pending++;
    const step = plainReader().read.call(this.#reader);
    const arrived = () => {
      this.#pending--;
      let wait = this.#waits.shift();
      while (wait !== undefined && !wait.waiting) wait = this.#waits.shift();
      if (wait === undefined) this.#over.push(step);
      else settle(wait, bodyOf(this.#reader), step);
    };
    step.then(arrived, arrived);
  }
}

const chunks = new WeakMap<ReadableStreamDefaultReader, Chunks>();

function chunksOf(reader: ReadableStreamDefaultReader): Chunks {
  let known = chunks.get(reader);
  if (known === undefined) chunks.set(reader, known = new Chunks(reader));
  return known;
}

/** For a wait whose end ends nothing else. */
function pass(): void {}

/** Iterate over a body. A loop that is cancelled has read its last chunk, so the rest is not wanted. */
function iterate(this: ReadableStream, options?: ReadableStreamIteratorOptions): AsyncIterableIterator<unknown> {
  const reader = this.getReader();
  const preventCancel = options?.preventCancel ?? false;
  const iterator: AsyncIterator<unknown> = {
    async next() {
      try {
        const step = await reader.read();
        if (step.done) reader.releaseLock();
        return step as IteratorResult<unknown>;
      } catch (error) {
        // What it fails with is known; and nobody is to wait for a loop that has been cancelled.
        end(error)?.catch(() => {});
        throw error;
      }
    },
    async return(value) {
      await end(value);
      return { done: true, value };
    },
  };
  function end(reason: unknown): Promise<void> | undefined {
    const cancelling = preventCancel ? undefined : reader.cancel(reason);
    reader.releaseLock();
    return cancelling;
  }
  return Object.setPrototypeOf(iterator, AsyncIteratorPrototype);
}

/** What the platform's own iterators inherit from. */
const AsyncIteratorPrototype: object = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
);

/** Pipe a body. A cancelled one aborts where it goes to, and waits for that. */
async function pipeTo(
  this: ReadableStream,
  destination: WritableStream,
  options: StreamPipeOptions = {},
): Promise<void> {
  const scope = currentScope();
  const body = bodyOf(this);
  const refused = body.refusal(scope, options.signal);
  if (refused !== null) await refused;
  const stopper = new AbortController();
  const { signal } = options;
  const piping = plain().pipeTo.call(this, destination, {
    ...options,
    signal: signal === undefined ? stopper.signal : AbortSignal.any([stopper.signal, signal]),
  });
  const wait = new NetworkWait<void>(scope, body.exchange, (error: CancelledError) => stopper.abort(error));
  piping.then(() => {
    body.end();
    wait.resolve();
  }, (error) => {
    if (!options.preventCancel) body.end();
    wait.reject(signal?.aborted ? signal.reason : body.exchange.errorFor(scope, error));
  });
  try {
    await wait.promise;
  } catch (error) {
    await piping.catch(() => {});
    throw error;
  }
}
