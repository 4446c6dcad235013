import { currentScope } from "../../core/ambient.ts";
import type { WaitKind } from "../../core/instrument.ts";
import type { Scope } from "../../core/scope.ts";
import { refusal, Waiter } from "../../core/waiter.ts";
import { taskAround } from "../../tasks/task_scope.ts";
import { isCancellation } from "../../errors.ts";
import type { Call } from "./call.ts";
import { WorkerPoolError } from "./worker_error.ts";

/** Waits for the next value of a stream, or its end. */
class NextValue<T> extends Waiter<T> {
  override get kind(): WaitKind {
    return "worker";
  }

  override describe(): string {
    return "the next value of a worker's stream";
  }

  protected override withdraw(): void {}
}

/**
 * The values of a generator that runs in a worker. The call is made when the first value is asked for. The generator runs
 * ahead of its reader by `ahead` values at most, and is ended, `finally` and all, when the reader stops early.
 */
export class WorkerStreamReader<T, R> implements AsyncGenerator<T, R, void> {
  readonly #open: () => Call;
  readonly #ahead: number;
  #call: Call | null = null;
  readonly #values: T[] = [];
  /** How many more values may come. */
  #room: number;
  /** Values that were taken and not yet made room for. */
  #taken = 0;
  #waiting: NextValue<void>[] = [];
  /** The scope of the code that has read last. */
  #reader: Scope | null = null;
  #end: { value: R } | { error: unknown } | null = null;

  /**
   * @param open Makes the call.
   * @param ahead How far the generator may run ahead.
   */
  constructor(open: () => Call, ahead: number) {
    this.#open = open;
    this.#ahead = ahead;
    this.#room = ahead;
  }

  async next(): Promise<IteratorResult<T, R>> {
    const scope = this.#reader = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return await refused;
    if (this.#call === null && this.#end === null) this.#start();
    for (;;) {
      if (this.#values.length > 0) {
        this.#makeRoom();
        return { done: false, value: this.#values.shift()! };
      }
      if (this.#end !== null) return this.#finish(this.#end);
      const waiting = new NextValue<void>(scope);
      this.#waiting.push(waiting);
      await waiting.promise;
    }
  }

  /** End the generator, and wait for its `finally`. */
  async return(value?: R | PromiseLike<R>): Promise<IteratorResult<T, R>> {
    const call = this.#call;
    this.#values.length = 0;
    const done = { done: true, value: await value as R } as const;
    if (call === null || this.#end !== null) {
      this.#end = { value: undefined as R };
      return done;
    }
    call.task.cancel("The reader of the stream has stopped");
    const outcome = await call.task.settled();
    this.#end = { value: undefined as R };
    // What its `finally` throws is news; that it was cancelled is not.
    if (outcome.status === "rejected" && !isCancellation(outcome.reason)) throw outcome.reason;
    return done;
  }

  async throw(error: unknown): Promise<IteratorResult<T, R>> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #start(): void {
    const call = this.#call = this.#open();
    call.onValues = (values) => {
      if (this.#end !== null) return;
      // Who sends more than was asked for would fill the memory of the program.
      if ((this.#room -= values.length) < 0) throw new RangeError(`Cannot take more values than there is room for`);
      for (const value of values) this.#values.push(value as T);
      this.#wake();
    };
    call.onPoolClosing = (by) => this.#leave(by);
    call.task.then((value) => this.#onEnd({ value: value as R }), (error) => this.#onEnd({ error }));
  }

  /** The pool is closed. By the task that reads this, it would wait for itself: so that has stopped reading. */
  #leave(by: Scope): void {
    let reader = this.#reader!;
    // A task that has ended reads no more; who created it may.
    while (reader.closed && reader.parent !== null) reader = reader.parent;
    if (this.#end !== null || this.#waiting.length > 0 || taskAround(by) !== taskAround(reader)) return;
    this.#values.length = 0;
    this.#onEnd({
      error: new WorkerPoolError("Cannot read on from a stream as the task that reads it has closed its worker pool"),
    });
    this.#call!.task.cancel("The reader of the stream has closed its worker pool");
  }

  #onEnd(end: { value: R } | { error: unknown }): void {
    this.#end ??= end;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.resolve();
  }

  /** Half of what it may run ahead at a time: a message each would cost more than the values. */
  #makeRoom(): void {
    if (++this.#taken < this.#ahead / 2) return;
    this.#room += this.#taken;
    this.#call!.worker?.credit(this.#call!, this.#taken);
    this.#taken = 0;
  }

  #finish(end: { value: R } | { error: unknown }): IteratorResult<T, R> {
    // Told once; after that the stream is just over.
    this.#end = { value: undefined as R };
    if ("error" in end) throw end.error;
    return { done: true, value: end.value };
  }
}
