import { bindToCaller, currentScope, runInScope } from "../core/ambient.ts";
import { checkFunction } from "../core/checks.ts";
import { type Clock, turnDue } from "../core/clock.ts";
import { Scope } from "../core/scope.ts";
import { isPlainPromise } from "../core/observe.ts";
import { nextTurn } from "../core/turn.ts";
import { refusal } from "../core/waiter.ts";
import { Task } from "./task.ts";

/**
 * Make `fn` a callback that runs as part of the code that calls `bind`, whoever calls it later. Without, a callback runs
 * as part of the code that calls it: a job in a queue that several tasks share would run in the task whose job ended
 * before it, and be cancelled with that task.
 *
 * - A call has the context of the code that bound it: its task, its deadline, its values of every `AsyncLocalStorage`.
 * - A call, and the tasks that it creates, belong to that code: they are cancelled with it, and it waits for them before
 *   it ends.
 * - Once that code is cancelled, a call does nothing: it gives a promise that is rejected with the cancellation, which
 *   ends a job of a queue, and which a listener need not look at.
 * - Once that code has ended, a call belongs to the code around it.
 * - What `fn` returns or throws goes to the caller, unchanged.
 *
 * As `AsyncResource.bind` of Node, which knows contexts but no owners.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bind, createTask, currentTask, sleep } from "@asyncio/toolkit";
 *
 * const target = new EventTarget();
 * const seen: (string | undefined)[] = [];
 * const listening = createTask(async () => {
 *   target.addEventListener("tick", bind(() => seen.push(currentTask()?.name)));
 *   await sleep(10);
 * }, { name: "listener" });
 * await sleep(0);
 * target.dispatchEvent(new globalThis.Event("tick")); // by code outside of all tasks
 * await listening;
 * assertEquals(seen, ["listener"]);
 * ```
 *
 * @typeParam A Types of the arguments.
 * @typeParam R What the function returns.
 * @param fn The function, called with the arguments of each call, and its `this`.
 * @returns The callback.
 * @throws {TypeError} When `fn` is no function.
 */
export function bind<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  checkFunction("bind", fn);
  const call = bindToCaller(callHere<A, R>);
  return function bound(this: unknown, ...args: A): R {
    return call(this, fn, args);
  };
}

/** As part of the code that has bound it, or of what is around that by now. */
function callHere<A extends unknown[], R>(self: unknown, fn: (...args: A) => R, args: A): R {
  const owner = currentScope();
  const refused = refusal(owner);
  // Nothing that calls jobs expects them to throw before they have returned a promise, and what calls listeners, nothing at all.
  return refused === null ? callUnder(owner, owner.clock, self, fn, args) : refused as R;
}

/**
 * Call `fn` outside of all tasks: for work that several tasks share, such as a connection or a value that is loaded once
 * and kept. Inside, it would end with the task that happened to need it first, and fail for all others.
 *
 * - No cancellation and no deadline of the calling code reaches it. Under `run`, the end of the program does, which
 *   cancels it and waits for it.
 * - The values of each `AsyncLocalStorage` stay those of the calling code.
 * - What `fn` returns or throws goes to the caller, unchanged. A caller that must not wait longer than it lives says
 *   `cancellable(outside(fn))`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cancellable, createTask, outside, sleep } from "@asyncio/toolkit";
 *
 * let loading: Promise<string> | undefined;
 * const config = () => cancellable(loading ??= outside(() => sleep(10, "the configuration")));
 *
 * const first = createTask(config);
 * const second = createTask(config);
 * await sleep(0);
 * first.cancel();
 * assertEquals(await second, "the configuration");
 * ```
 *
 * @typeParam R What the function returns.
 * @param fn The function, called at once, without arguments.
 * @returns What `fn` returns.
 * @throws {TypeError} When `fn` is no function.
 */
export function outside<R>(fn: () => R): R {
  checkFunction("call", fn);
  const { root, clock } = currentScope();
  return callUnder(root, clock, undefined, fn, []);
}

/** One call of a callback. It ends when the promise that it gave has settled; what it started is its owner's. */
class CallbackScope extends Scope {
  override get kind(): string {
    return "callback";
  }

  protected override adopts = false;
}

function callUnder<A extends unknown[], R>(
  owner: Scope,
  clock: Clock,
  self: unknown,
  fn: (...args: A) => R,
  args: A,
): R {
  const scope = new CallbackScope(owner, clock);
  let result: R | undefined;
  try {
    result = runInScope(scope, apply<A, R>, self, fn, args);
  } finally {
    // A task sees to its own end. Any other thenable may begin only when it is subscribed to: it is left to the caller.
    if (result instanceof Task || !isPlainPromise(result)) scope.close();
  }
  return scope.closed ? result : closing(scope, result as Promise<unknown>) as R;
}

/** The outcome of a call, for the caller alone: if it fails and the caller does not look, that is an unhandled rejection. */
async function closing(scope: Scope, result: Promise<unknown>): Promise<unknown> {
  try {
    return await result;
  } finally {
    scope.close();
    // Where each call is over at once.
    if (turnDue(scope.clock)) await nextTurn();
  }
}

function apply<A extends unknown[], R>(self: unknown, fn: (...args: A) => R, args: A): R {
  return fn.apply(self, args);
}
