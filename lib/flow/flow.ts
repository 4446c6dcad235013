import { InvalidStateError } from "../errors.ts";
import { captureContext, currentScope, type RunInScope } from "../core/ambient.ts";
import { inspectBriefly } from "../core/checks.ts";
import type { WaitKind } from "../core/instrument.ts";
import { keep, type Kept, stopKeeping } from "../core/kept.ts";
import { letGo } from "../core/observe.ts";
import { END, type Thrown } from "../core/outcome.ts";
import { childrenEnded } from "../core/owned.ts";
import { Scope } from "../core/scope.ts";
import { refusal, resolved, Waiter } from "../core/waiter.ts";
import { Fifo } from "../sync/items.ts";
import { Inlet, type Receiver, type Source } from "./inlet.ts";

/**
 * A loop over other sources: it decides when each is asked for its next item, and what is given out of what came.
 *
 * It begins with the first step, and ends when the sources have ended, one has failed, the loop is left, or the code that took
 * the first step is cancelled or has ended. The sources that are still open are closed then. A source being asked is cancelled
 * through its scope; one stuck on something else closes once that settles.
 */
export abstract class Flow<T> implements AsyncIterableIterator<T, void, void>, Kept, Receiver {
  readonly #name: string;
  readonly #inlets: Inlet[] = [];
  /** The code that loops, and the scope of the sources while they are asked. */
  #owner: Scope | null = null;
  #sources: SourceScope | null = null;
  #run!: RunInScope;
  /** What the loop is to get next. */
  readonly #ready = new Fifo<T>();
  #state: "new" | "open" | "ended" = "new";
  /** What the loop throws once it has taken what is ready. */
  #failure: Thrown | null = null;
  #step: Step | null = null;
  #closing: Promise<void> = Promise.resolve();

  constructor(name: string, sources: readonly Source<unknown>[]) {
    this.#name = name;
    for (const source of sources) {
      const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = Object(source);
      if (typeof async !== "function" && typeof sync !== "function") {
        throw new TypeError(`Cannot ${name} what cannot be iterated: current value is ${inspectBriefly(source)}`);
      }
      this.#inlets.push(new Inlet(source, this.#inlets.length, this));
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next item. Steps are taken one after the other: the second of two at once is refused. */
  async next(): Promise<IteratorResult<T, void>> {
    if (this.#step !== null) {
      throw new InvalidStateError(
        `Cannot take the next step of ${this.#name}() as the last one has not ended: await each`,
      );
    }
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) {
      this.#end(scope.error);
      return await refused;
    }
    if (this.#state === "new") this.#begin(scope);
    if (this.#ready.size === 0 && this.#isOpen) {
      this.wanted();
      if (this.#ready.size === 0 && this.#isOpen) {
        this.#step = new Step(scope, this.#name);
        try {
          await this.#step.promise;
        } catch (error) {
          this.#end(error);
          throw error;
        } finally {
          this.#step = null;
        }
      }
    }
    if (this.#ready.size > 0) {
      const value = this.#ready.pop();
      if (this.#isOpen) this.taken();
      return await resolved(scope, { done: false, value });
    }
    await this.#closing;
    if (this.#failure === null) return END;
    const { error } = this.#failure;
    this.#failure = null;
    throw error;
  }

  /** Leave the loop: close the sources, and wait for those that can close. */
  async return(): Promise<IteratorResult<T, void>> {
    this.#ready.clear();
    this.#end(undefined);
    await this.#closing;
    return END;
  }

  /** The code that loops was cancelled, or has ended. */
  release(error: unknown): void {
    this.#failure ??= { error };
    this.#end(error);
  }

  /** How many sources there are. */
  protected get count(): number {
    return this.#inlets.length;
  }

  /** Where the loop runs. */
  protected get scope(): Scope {
    return this.#owner!;
  }

  /** How many items are ready to be given. */
  protected get readyCount(): number {
    return this.#ready.size;
  }

  /** The loop waits for an item: ask the sources. */
  protected abstract wanted(): void;

  /** The loop has taken an item. */
  protected taken(): void {}

  /** Source `index` has given an item. */
  abstract came(item: unknown, index: number): void;

  /** Source `index` has given all that it has. */
  abstract cameToEnd(index: number): void;

  /** Ask source `index` for an item, unless it is being asked already, or has ended. */
  protected pull(index: number): void {
    if (this.#isOpen) this.#inlets[index]!.pull(this.#run, this.#sources!);
  }

  /** Whether the loop waits for an item. */
  protected get isWaitedFor(): boolean {
    return this.#step !== null && this.#ready.size === 0;
  }

  /** Have the loop get an item. */
  protected give(item: T): void {
    if (!this.#isOpen) return;
    this.#ready.push(item);
    this.#step?.resolve();
  }

  /** There will be no more. */
  protected finish(): void {
    this.#end(undefined);
  }

  /** A source has failed. */
  fail(error: unknown): void {
    if (!this.#isOpen) return this.#owner!.root.supersede(this.#failure?.error, error);
    this.#failure = { error };
    this.#end(undefined);
  }

  get #isOpen(): boolean {
    return this.#state === "open";
  }

  #begin(scope: Scope): void {
    this.#state = "open";
    this.#owner = scope;
    this.#sources = new SourceScope(scope, this.#name);
    this.#run = captureContext();
    keep(this.#sources, this);
  }

  /** @param reason Why nobody waits for the closing; `undefined` where somebody does. */
  #end(reason: unknown): void {
    if (this.#state === "new") this.#state = "ended";
    if (!this.#isOpen) return;
    this.#state = "ended";
    stopKeeping(this.#sources!, this);
    this.stopped();
    const closing = this.#close();
    if (reason === undefined) this.#closing = closing;
    else letGo(closing, reason, this.#owner!);
    this.#step?.resolve();
  }

  /** Nothing will come any more: take back what was set up. */
  protected stopped(): void {}

  async #close(): Promise<void> {
    const sources = this.#sources!;
    if (this.#inlets.some(({ state }) => state === "asked")) {
      sources.cancelBecause(`The loop over ${this.#name}() has ended`);
    }
    for (const inlet of this.#inlets) {
      try {
        await inlet.close(this.#run, this.#owner!);
      } catch (error) {
        if (this.#failure !== null) this.#owner!.root.supersede(this.#failure.error, error);
        else this.#failure = { error };
      }
    }
    await childrenEnded(sources, () => sources.close());
  }
}

/** The loop, while it waits for an item. */
class Step extends Waiter<void> {
  readonly #name: string;

  constructor(scope: Scope, name: string) {
    super(scope);
    this.#name = name;
  }

  override get kind(): WaitKind {
    return "queue";
  }

  override describe(): string {
    return `the next item of ${this.#name}()`;
  }

  protected override withdraw(): void {}
}

/** Where the code of sources runs while they are asked. */
class SourceScope extends Scope {
  readonly #flow: string;

  constructor(parent: Scope, flow: string) {
    super(parent);
    this.#flow = flow;
  }

  override get kind(): string {
    return "source";
  }

  override get name(): string {
    return this.#flow;
  }
}
