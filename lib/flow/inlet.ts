import type { RunInScope } from "../core/ambient.ts";
import { checkStep } from "../core/checks.ts";
import { turnDue } from "../core/clock.ts";
import { letGo } from "../core/observe.ts";
import type { Scope } from "../core/scope.ts";
import { nextTurn } from "../core/turn.ts";
import { cancellable } from "../tasks/cancellable.ts";

/** What a flow takes its items from. */
export type Source<T> = AsyncIterable<T> | Iterable<T>;

/** What is told of the items of several sources. */
export interface Receiver {
  /** Source `index` has given an item. */
  came(item: unknown, index: number): void;
  /** Source `index` has given all that it has. */
  cameToEnd(index: number): void;
  /** A source has failed. */
  fail(error: unknown): void;
}

/** One source of a flow, and how far it is. */
export class Inlet {
  state: "idle" | "asked" | "ended" = "idle";
  readonly #source: Source<unknown>;
  readonly #index: number;
  readonly #receiver: Receiver;
  /** Opened by the first question, as `for await` does it. */
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | null = null;

  constructor(source: Source<unknown>, index: number, receiver: Receiver) {
    this.#source = source;
    this.#index = index;
    this.#receiver = receiver;
  }

  pull(run: RunInScope, scope: Scope): void {
    if (this.state !== "idle") return;
    this.state = "asked";
    void run(scope, () => this.#ask(scope));
  }

  async #ask(scope: Scope): Promise<void> {
    let step: IteratorResult<unknown>;
    try {
      this.#iterator ??= open(this.#source);
      step = await this.#iterator.next();
      checkStep("iterate", step);
    } catch (error) {
      this.state = "ended";
      return this.#receiver.fail(error);
    }
    // What is at hand at once, again and again, must not keep timers from their turn.
    if (turnDue(scope.clock)) await nextTurn();
    // Closed meanwhile.
    if ((this.state as string) === "ended") return;
    this.state = step.done ? "ended" : "idle";
    if (step.done) this.#receiver.cameToEnd(this.#index);
    else this.#receiver.came(step.value, this.#index);
  }

  /** @param scope Where it may clean up, unless it was cancelled while it was asked. */
  async close(run: RunInScope, scope: Scope): Promise<void> {
    const { state } = this;
    this.state = "ended";
    if (state === "ended" || this.#iterator === null) return;
    const closing = run(scope, () => this.#iterator!.return?.());
    if (state === "asked") letGo(closing, undefined, scope);
    else await closing;
  }
}

/** A stream is read so that it can be closed while an item is on its way. */
function open(source: Source<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  if (source instanceof ReadableStream) return cancellable(source);
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}
