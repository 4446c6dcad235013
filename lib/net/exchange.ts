import type { Scope } from "../core/scope.ts";
import { type CancelledError, InvalidStateError } from "../errors.ts";

/** The longest that the address of a request gets in messages and pictures. */
const LONGEST = 120;

/** One request and its response, from the call to the end of the body: what can be stopped as one. */
export class Exchange {
  readonly #controller = new AbortController();
  readonly #method: string;
  readonly #url: string;
  /** Whether it is the platform that sends it: then what comes has had a turn of the event loop. */
  readonly real: boolean;
  /** Signal of the caller's own. */
  readonly #theirs: AbortSignal | undefined;
  /** How many bodies are still to be read: more than one once the response has been cloned. */
  #bodies = 0;
  /** Why it was stopped. */
  #stopped: { by: CancelledError | null } | null = null;

  constructor(method: string, url: string, theirs: AbortSignal | undefined, real: boolean) {
    this.#method = method;
    this.#url = url;
    this.#theirs = theirs;
    this.real = real;
  }

  /** What stops it, for the platform. */
  get signal(): AbortSignal {
    const { signal } = this.#controller;
    return this.#theirs === undefined ? signal : AbortSignal.any([signal, this.#theirs]);
  }

  /** One more body is to be read. */
  bodyBegun(): void {
    this.#bodies++;
  }

  /** One has been. */
  bodyEnded(): void {
    this.#bodies--;
  }

  /** A reader gave up the rest: `by` is the cancellation, or null if the owning function returned. */
  bodyDropped(by: CancelledError | null): void {
    if (--this.#bodies === 0) this.stop(by);
  }

  /** End the request, whatever there is of it. */
  stop(by: CancelledError | null): void {
    if (this.#stopped !== null) return;
    this.#stopped = { by };
    this.#controller.abort(by ?? this.lost(by));
  }

  /** What code in `scope` is to see of an error that the platform has thrown. */
  errorFor(scope: Scope, error: unknown): unknown {
    if (this.#stopped !== null) return scope.error ?? this.lost(this.#stopped.by);
    // A file that a body is piped into tells it in words of its own.
    return this.#theirs?.aborted ? this.#theirs.reason : error;
  }

  /** What there is to say of a body that is no longer there. */
  lost(by: CancelledError | null): InvalidStateError {
    return new InvalidStateError(
      `Cannot read the body of ${this.describe()}: the task that fetched it ${
        by === null ? "has ended" : "was cancelled"
      }`,
      by === null ? {} : { cause: by },
    );
  }

  /** What is waited for, in a few words. */
  describe(): string {
    const url = withoutPassword(this.#url);
    return `${this.#method} ${url.length > LONGEST ? `${url.slice(0, LONGEST)}…` : url}`;
  }
}

function withoutPassword(url: string): string {
  if (!url.includes("@")) return url;
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  parsed.username = parsed.password = "";
  return parsed.href;
}
