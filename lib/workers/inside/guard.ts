import type { WorkerKit, WorkerPort } from "./kit.ts";

/**
 * Part of the program inside a worker: nothing that happens there ends in silence. Errors that nobody caught are told of
 * instead of taking the program down, and an exit is announced before it happens. Arrives as text: may use nothing outside
 * of itself.
 */
export function workerGuard(
  kit: WorkerKit,
  port: WorkerPort,
  onFault: (error: unknown, hasContext: boolean) => void,
): void {
  const { EXIT } = kit.wire.From;
  const scope = globalThis as unknown as {
    addEventListener(type: string, listener: (event: Event & { reason?: unknown; error?: unknown }) => void): void;
    self?: unknown;
    close?: () => void;
    Deno: { exit(code?: number): never };
    process?: { exit(code?: number): never };
  };

  scope.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    onFault(event.reason, true);
  });
  scope.addEventListener("error", (event) => {
    event.preventDefault();
    onFault(event.error, false);
  });

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
