import { bindToCaller, currentScope } from "../core/ambient.ts";
import { checkSignal, inspectBriefly } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import { keep, type Kept, stopKeeping } from "../core/kept.ts";
import { END } from "../core/outcome.ts";
import type { RootScope, Scope } from "../core/scope.ts";
import { linkSignal, type SignalLink } from "../core/signal_link.ts";
import { refusal, resolved, Waiter, type WaitOptions } from "../core/waiter.ts";
import { Fifo } from "../sync/items.ts";
import { type Emitter, type Listening, listeningTo } from "./listening.ts";

/** Options of {@linkcode events}. */
export interface EventsOptions extends WaitOptions {
  /**
   * How many events are kept while the loop is busy: at least 1; `Infinity` for all.
   *
   * @default 1_000
   */
  buffer?: number | undefined;
  /**
   * What happens to an event for which there is no room: `"error"` stops listening, and throws once the loop has taken
   * what was kept; `"dropOldest"` and `"dropNewest"` lose one, and count it.
   *
   * @default "error"
   */
  overflow?: "error" | "dropOldest" | "dropNewest" | undefined;
}

/** Events as they come, to loop over once. */
export interface EventStream<T> extends AsyncIterableIterator<T, void, void>, Disposable {
  /** How many events were lost, as there was no room for them. */
  readonly dropped: number;
  /** How many are kept for the loop. */
  readonly buffered: number;
  /** Stop listening, and drop what is kept; steps that wait end the loop. */
  return(): Promise<IteratorResult<T, void>>;
}

/** The class of the events of a type, where the target tells it by a property such as `onmessage`. */
export type EventOf<Target, Type extends string> = Target extends // deno-lint-ignore no-explicit-any
{ [Handler in `on${Type}`]: ((event: infer E extends Event) => any) | null } ? E
  : Event;

/**
 * Loop over the events of a target. It listens before this returns, so no event is missed that comes while the loop is
 * prepared, or busy.
 *
 * - Events are kept, in their order, up to `buffer`; what happens beyond that is said by `overflow`.
 * - It listens until the loop is left, the `signal` fires, or the function that called this has ended or is cancelled;
 *   what was kept by then is still given. A wait for an event throws the cancellation of its task.
 * - The emission of `"error"` by an `EventEmitter` ends the loop with that error, once what came before is given; unless
 *   `"error"` is the type that is looped over.
 *
 * As `on` of `node:events`, which keeps without bound, and outlives the task that loops.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { events } from "@asyncio/toolkit/flow";
 *
 * const target = new EventTarget();
 * const ticks = events(target, "tick");
 * for (let i = 0; i < 3; i++) target.dispatchEvent(new CustomEvent("tick", { detail: i }));
 *
 * const seen: number[] = [];
 * for await (const event of ticks) {
 *   seen.push((event as CustomEvent<number>).detail);
 *   if (seen.length === 3) break; // and it listens no more
 * }
 * assertEquals(seen, [0, 1, 2]);
 * ```
 *
 * @typeParam Target What is listened to.
 * @typeParam Type The name of the event.
 * @param target An `EventTarget`: a `WebSocket`, a worker, a signal.
 * @param type The name of the event: `"message"`.
 * @param options `buffer`, `overflow`, and `signal`, which stops it with the signal's reason.
 * @returns The events, to loop over once.
 * @throws {TypeError} When `target` is neither an `EventTarget` nor an `EventEmitter`.
 * @throws {RangeError} When `buffer` is less than 1.
 */
export function events<Target extends EventTarget, Type extends string>(
  target: Target,
  type: Type,
  options?: EventsOptions,
): EventStream<EventOf<Target, Type>>;
/**
 * Loop over the events of a Node `EventEmitter`, each as the list of its arguments. It listens before this returns, so no
 * event is missed that comes while the loop is prepared, or busy. See the form for an `EventTarget` for what is kept, and
 * for how it ends.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { EventEmitter } from "node:events";
 * import { events } from "@asyncio/toolkit/flow";
 *
 * const emitter = new EventEmitter();
 * const lines = events<[text: string, number: number]>(emitter, "line");
 * emitter.emit("line", "hello", 1);
 *
 * for await (const [text, number] of lines) {
 *   assertEquals([text, number], ["hello", 1]);
 *   break;
 * }
 * ```
 *
 * @typeParam Args The arguments of the event.
 * @param emitter What has `on` and `off`.
 * @param type The name of the event: `"data"`.
 * @param options `buffer`, `overflow`, and `signal`, which stops it with the signal's reason.
 * @returns The lists of arguments, to loop over once.
 * @throws {TypeError} When `emitter` is neither an `EventTarget` nor an `EventEmitter`.
 * @throws {RangeError} When `buffer` is less than 1.
 */
export function events<Args extends unknown[] = unknown[]>(
  emitter: Emitter,
  type: string | symbol,
  options?: EventsOptions,
): EventStream<Args>;
export function events(
  target: EventTarget | Emitter,
  type: string | symbol,
  options: EventsOptions = {},
): EventStream<unknown> {
  const { buffer = 1_000, overflow = "error", signal } = options;
  checkSignal(signal);
  if (!(buffer >= 1)) {
    throw new RangeError(`Cannot listen as the buffer must be at least 1: current value is ${buffer}`);
  }
  if (overflow !== "error" && overflow !== "dropOldest" && overflow !== "dropNewest") {
    throw new TypeError(
      `Cannot listen as overflow must be "error", "dropOldest" or "dropNewest": current value is ${
        inspectBriefly(overflow)
      }`,
    );
  }
  return new Events(listeningTo(target, type), String(type), buffer, overflow, signal);
}

class Events<T> implements EventStream<T>, Kept {
  dropped = 0;
  /** As part of the code that listens, whoever cancels: an emitter tells others of it. */
  readonly #stopListening: () => void;
  readonly #type: string;
  readonly #room: number;
  readonly #overflow: "error" | "dropOldest" | "dropNewest";
  readonly #kept = new Fifo<T>();
  readonly #waiting = new Set<Arrival<T>>();
  /** Who listens: it stops with that. `null` when it has stopped. */
  #owner: Scope | null;
  readonly #root: RootScope;
  #link: SignalLink | null = null;
  /** What the loop throws once it has taken what is kept; `reported` unless it comes to that. */
  #failure: { error: unknown; reported: boolean } | null = null;

  constructor(
    source: Listening,
    type: string,
    room: number,
    overflow: "error" | "dropOldest" | "dropNewest",
    signal: AbortSignal | undefined,
  ) {
    this.#type = type;
    this.#room = room;
    this.#overflow = overflow;
    const scope = this.#owner = currentScope();
    this.#root = scope.root;
    source.start((event) => this.#arrived(event as T), (error) => this.#fail(error, true));
    this.#stopListening = bindToCaller(() => source.stop());
    keep(scope, this);
    if (scope.error !== null) this.release(scope.error);
    else if (signal?.aborted) this.release(signal.reason);
    else if (signal !== undefined) this.#link = linkSignal(signal, { abort: (reason) => this.release(reason) });
  }

  get buffered(): number {
    return this.#kept.size;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, void>> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    if (this.#kept.size > 0) return resolved(scope, { done: false, value: this.#kept.pop() });
    if (this.#failure !== null) return this.#takeFailure();
    if (this.#owner === null) return resolved(scope, END);
    const arrival = new Arrival<T>(scope, this.#waiting, this.#type);
    return arrival.promise;
  }

  // deno-lint-ignore require-await -- so that what the target throws is a rejection
  async return(): Promise<IteratorResult<T, void>> {
    this[Symbol.dispose]();
    return END;
  }

  [Symbol.dispose](): void {
    this.#kept.clear();
    if (this.#failure?.reported) this.#root.supersede(undefined, this.#failure.error);
    this.#failure = null;
    for (const arrival of this.#waiting) arrival.resolve(END);
    this.#stop();
  }

  /** Its owner was cancelled, or has ended; or the signal has fired. */
  release(error: unknown): void {
    this.#fail(error);
  }

  #arrived(event: T): void {
    for (const arrival of this.#waiting) return arrival.resolve({ done: false, value: event });
    if (this.#kept.size < this.#room) return this.#kept.push(event);
    if (this.#overflow === "error") {
      return this.#fail(
        new RangeError(
          `Cannot keep another event "${this.#type}" as the loop has not taken those before it: the buffer is ${this.#room}`,
        ),
      );
    }
    this.dropped++;
    if (this.#overflow === "dropNewest") return;
    this.#kept.pop();
    this.#kept.push(event);
  }

  #takeFailure(): Promise<never> {
    const { error } = this.#failure!;
    this.#failure = null;
    return Promise.reject(error);
  }

  #fail(error: unknown, reported = false): void {
    if (this.#owner === null) return;
    if (this.#waiting.size === 0) this.#failure = { error, reported };
    for (const arrival of this.#waiting) arrival.reject(error);
    this.#stop();
  }

  #stop(): void {
    if (this.#owner === null) return;
    this.#link?.unlink();
    stopKeeping(this.#owner, this);
    this.#owner = null;
    // Last, as it is the target's code, and may throw.
    this.#stopListening();
  }
}

/** The loop, while it waits for an event. */
class Arrival<T> extends Waiter<IteratorResult<T, void>> {
  readonly #waiting: Set<Arrival<T>>;
  readonly #type: string;

  constructor(scope: Scope, waiting: Set<Arrival<T>>, type: string) {
    super(scope);
    this.#waiting = waiting.add(this);
    this.#type = type;
  }

  override resolve(value: IteratorResult<T, void>): void {
    this.#waiting.delete(this);
    super.resolve(value);
  }

  override reject(error: unknown): void {
    this.#waiting.delete(this);
    super.reject(error);
  }

  override get kind(): WaitKind {
    return "event";
  }

  override describe(): string {
    return `event "${this.#type}"`;
  }

  protected override withdraw(): void {
    this.#waiting.delete(this);
  }
}
