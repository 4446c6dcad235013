import type { AsyncLocalStorage } from "node:async_hooks";
import type { Owner, WorkerContext, WorkerKit, WorkerPort } from "./kit.ts";
import type { Telemetry, TraceContext } from "../../core/telemetry.ts";

/**
 * Part of the program inside a worker: what keeps the asynchronous context of a call. `AsyncLocalStorage.run` costs more
 * than all the rest of a small call, so the two functions that it is made of are used directly where that was proven to
 * hold (see `core/context.ts`). Arrives as text: may use nothing outside of itself.
 */
export function workerContext(Storage: typeof AsyncLocalStorage, carries: boolean): WorkerContext {
  interface Core {
    getAsyncContext?(): Record<string, unknown> | undefined;
    setAsyncContext?(carried: Record<string, unknown> | undefined): void;
  }
  const { internal } = Deno as unknown as { internal?: symbol };
  const core = internal && (Deno as unknown as Record<symbol, { core?: Core }>)[internal]?.core;
  const { getAsyncContext: get, setAsyncContext: set } = core ?? {};
  const key = "asyncio-worker-call";
  if (!carries || get === undefined || set === undefined) return new Storage<unknown>();
  return {
    run(call, fn, ...args) {
      const before = get();
      set({ __proto__: null, ...before, [key]: call });
      try {
        return fn(...args);
      } finally {
        set(before);
      }
    },
    getStore: () => get()?.[key],
  };
}

/**
 * Part of the program inside a worker: call `fn` inside the caller's span, so that what it starts shows as part of that.
 * Arrives as text: may use nothing outside of itself.
 */
export function workerTrace<R>(trace: TraceContext, fn: () => R): R {
  const scope = globalThis as unknown as Record<symbol, Telemetry | undefined>;
  const api = scope[Symbol.for("opentelemetry.js.api.1")];
  if (api === undefined) return fn();
  const caller = { spanContext: () => ({ ...trace, isRemote: true }), isRecording: () => false };
  return api.context.with(api.context.active().setValue(Symbol.for("OpenTelemetry Context Key SPAN"), caller), fn);
}

/**
 * Part of the program inside a worker: nothing that happens there ends in silence. Errors that nobody caught are told of
 * instead of taking the program down, and an exit is announced before it happens. Arrives as text: may use nothing outside
 * of itself.
 */
export function workerGuard(
  kit: WorkerKit,
  port: WorkerPort,
  onFault: (error: unknown, owner: Owner | null) => void,
): void {
  const { EXIT } = kit.wire.From;
  const scope = globalThis as unknown as {
    addEventListener(type: string, listener: (event: Event & { reason?: unknown; error?: unknown }) => void): void;
    self?: unknown;
    close?: () => void;
    Deno: { exit(code?: number): never };
    process?: { exit(code?: number): never };
  };

  const { context } = port;
  /** What a timer has thrown last: of all that the platform calls, only these errors come without their context. */
  let ofTimer: { error: unknown; owner: Owner } | null = null;

  scope.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    onFault(event.reason, { call: context.getStore() });
  });
  scope.addEventListener("error", (event) => {
    event.preventDefault();
    const call = context.getStore();
    const known = ofTimer !== null && Object.is(ofTimer.error, event.error) ? ofTimer.owner : null;
    ofTimer = null;
    onFault(event.error, call === undefined ? known : { call });
  });

  type Timer = (callback: unknown, ...args: unknown[]) => unknown;
  const timers = globalThis as unknown as Record<string, Timer>;
  for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
    const original = timers[name]!;
    const timer: Timer = (callback, ...args) =>
      original(typeof callback === "function" ? watched(callback) : callback, ...args);
    // What it is called, and what else Node's has.
    const { prototype: _, ...rest } = Object.getOwnPropertyDescriptors(original) as PropertyDescriptorMap;
    timers[name] = Object.defineProperties(timer, rest);
  }

  // deno-lint-ignore ban-types -- whatever a timer is given.
  function watched(callback: Function): (...args: unknown[]) => unknown {
    return function (this: unknown, ...args: unknown[]): unknown {
      try {
        return Reflect.apply(callback, this, args);
      } catch (error) {
        ofTimer = { error, owner: { call: context.getStore() } };
        throw error;
      }
    };
  }

  let left = false;
  function announce<A extends unknown[]>(how: string, leave: (...args: A) => void): (...args: A) => never {
    return (...args) => {
      const code = typeof args[0] === "number" ? args[0] : 0;
      // One way of leaving may go through another.
      if (!left) port.post([EXIT, code, how]);
      left = true;
      leave(...args);
      // Some ways of leaving return; the function must not go on.
      for (;;) throw new Error(`${how} was called`);
    };
  }

  // A thread of Node has no `self`, but functions are written for every kind of worker.
  if (scope.self === undefined) Object.defineProperty(globalThis, "self", { value: globalThis, configurable: true });
  const exit = scope.Deno.exit;
  scope.Deno.exit = announce("Deno.exit()", exit);
  if (scope.process !== undefined) scope.process.exit = announce("process.exit()", scope.process.exit);
  const close = scope.close;
  if (close !== undefined) {
    Object.defineProperty(globalThis, "close", {
      value: announce("self.close()", () => close.call(globalThis)),
      configurable: true,
      writable: true,
    });
  }
}
