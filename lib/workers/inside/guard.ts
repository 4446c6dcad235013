import type { Owner, WorkerKit, WorkerPort } from "./kit.ts";

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
