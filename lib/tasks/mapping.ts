import { isCancelled } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { isThenable } from "../core/checks.ts";
import type { Scope } from "../core/scope.ts";
import { throwIfRefused, Waiter } from "../core/waiter.ts";
import type { CancelScope } from "./cancel_scope.ts";
import { cancellable } from "./cancellable.ts";
import { spawn } from "./create_task.ts";
import { endChildren } from "./end_children.ts";

/** An item in hand, and what has become of it. */
interface Slot<R> {
  done: boolean;
  value?: Awaited<R>;
}

/** One call of `mapConcurrent`: a task that pulls the source, a task for each item, and the consumer. */
export class Mapping<T, R> {
  /** What its tasks are cancelled by as one. */
  readonly scope: Scope;
  readonly #source: Iterator<T> | AsyncIterator<T>;
  #sourceState: "open" | "pulling" | "closed" = "open";
  readonly #fn: (item: T, scope: CancelScope) => R | PromiseLike<R>;
  readonly #concurrency: number;
  readonly #ordered: boolean;
  /** What is to be yielded, in that order; ordered slots are queued when they are pulled, others when they are done. */
  readonly #slots: Slot<R>[] = [];
  #inHand = 0;
  /** The error to throw comes first. */
  readonly #errors: unknown[] = [];
  #over = false;
  #consumer: Handover | null = null;
  #puller: Handover | null = null;

  constructor(
    scope: Scope,
    source: Iterator<T> | AsyncIterator<T>,
    fn: (item: T, scope: CancelScope) => R | PromiseLike<R>,
    concurrency: number,
    ordered: boolean,
  ) {
    this.scope = scope;
    this.#source = source;
    this.#fn = fn;
    this.#concurrency = concurrency;
    this.#ordered = ordered;
    spawn(scope, () => this.#pullAll(), { name: "source", eager: true }, (task) => {
      if (task.state !== "done") this.#fail(task.failure);
      this.#consumer?.resolve();
    });
  }

  /** The next result, as soon as there is one. */
  async next(): Promise<IteratorResult<Awaited<R>, void>> {
    for (;;) {
      if (this.#errors.length > 0) throw this.#errors[0];
      if (this.#slots[0]?.done) {
        const { value } = this.#slots.shift()!;
        this.#inHand--;
        this.#puller?.resolve();
        return { done: false, value: value! };
      }
      if (this.#sourceState === "closed" && this.#inHand === 0) return { done: true, value: undefined };
      throwIfRefused();
      this.#consumer = new Handover(currentScope(), "the next result");
      await this.#consumer.promise;
    }
  }

  /** Cancel what is left, wait for it, and close the source. */
  async end(): Promise<void> {
    this.#over = true;
    const { scope } = this;
    const winner = this.#errors[0];
    if (scope.firstChild !== null) await endChildren(scope, "Cancelled as the loop over mapConcurrent() has ended");
    try {
      await this.#closeSource();
    } catch (error) {
      if (this.#errors.length === 0) throw error;
      this.#errors.push(error);
    } finally {
      scope.close();
      for (const loser of this.#errors) if (loser !== winner) scope.root.supersede(winner, loser);
    }
  }

  async #closeSource(): Promise<void> {
    if (this.#sourceState === "closed") return;
    const closing = this.#source.return?.();
    if (this.#sourceState === "open") await closing;
    // A source that is stuck in a pull cannot close before that comes back, which may be never.
    else Promise.resolve(closing).catch((error) => this.scope.root.supersede(this.#errors[0], error));
  }

  async #pullAll(): Promise<void> {
    for (;;) {
      while (this.#inHand >= this.#concurrency) {
        throwIfRefused();
        this.#puller = new Handover(currentScope(), "room for another item");
        await this.#puller.promise;
      }
      throwIfRefused();
      const step = await this.#pull();
      if (step.done) return;
      this.#start(step.value);
    }
  }

  async #pull(): Promise<IteratorResult<T>> {
    this.#sourceState = "pulling";
    try {
      const pulled = this.#source.next();
      const step = isThenable(pulled)
        ? await cancellable(pulled.then((step) => this.#pulled(step)))
        : this.#pulled(pulled);
      return step;
    } catch (error) {
      // A source that has thrown has closed itself; one whose pull was given up is still at it.
      if (!isCancelled(error)) this.#sourceState = "closed";
      throw error;
    }
  }

  #pulled(step: IteratorResult<T>): IteratorResult<T> {
    this.#sourceState = step.done ? "closed" : "open";
    return step;
  }

  #start(item: T): void {
    this.#inHand++;
    const slot: Slot<R> = { done: false };
    if (this.#ordered) this.#slots.push(slot);
    const fn = this.#fn;
    spawn(this.scope, (scope) => fn(item, scope), { name: fn.name || undefined, eager: true }, (task) => {
      if (task.state !== "done") return this.#fail(task.failure);
      slot.done = true;
      slot.value = task.value as Awaited<R>;
      if (!this.#ordered) this.#slots.push(slot);
      this.#consumer?.resolve();
    });
  }

  #fail(error: unknown): void {
    // What the end, or an earlier failure, does to the others is not news.
    if (isCancelled(error) && (this.#over || this.#errors.length > 0)) return;
    this.#errors.push(error);
    this.scope.cancelBecause("Cancelled as another call of the same mapConcurrent() failed", error);
    this.#consumer?.resolve();
  }
}

/** Either side while it waits for the other: the consumer for a result, the source for room. */
class Handover extends Waiter<void> {
  readonly #what: string;

  constructor(scope: Scope, what: string) {
    super(scope);
    this.#what = what;
  }

  override describe(): string {
    return this.#what;
  }

  protected override withdraw(): void {}
}
