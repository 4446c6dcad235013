import { holdups, waitsForUs } from "../core/lingering.ts";
import { realTime } from "../core/platform.ts";
import type { Scope } from "../core/scope.ts";

/** What is told of signals. */
export interface SignalHandlers {
  /** The first one came: end in good order. Returns `false` when the end is under way already: then it is as the second. */
  first(signal: Deno.Signal): boolean;
  /** Another one came before that was done: the process ends when this returns. */
  second(signal: Deno.Signal): void;
}

/** The state of listening for signals. */
export interface Interruption {
  /** What the process is to exit with; `undefined` while no signal came. */
  readonly exitCode: number | undefined;
  /** Listen no more. */
  stop(): void;
}

/**
 * Call back whenever a signal comes, instead of what it does by itself. Returns the function that ends it. Where the
 * platform knows no such signal, nothing happens.
 */
export function onEach(signal: Deno.Signal, listener: () => void): () => void {
  try {
    Deno.addSignalListener(signal, listener);
  } catch {
    return () => {};
  }
  return () => Deno.removeSignalListener(signal, listener);
}

/** By convention a process that a signal ended exits with 128 and its number. */
const NUMBERS: Partial<Record<Deno.Signal, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15, SIGBREAK: 21 };

/**
 * Listen for signals until told to stop.
 *
 * @throws {TypeError} When there is no listening for one of them on this platform; then none is listened for.
 */
export function onSignals(signals: Deno.Signal[], handlers: SignalHandlers): Interruption {
  let exitCode: number | undefined;
  const listening = new Map<Deno.Signal, () => void>();

  function stop(): void {
    for (const [signal, listener] of listening) Deno.removeSignalListener(signal, listener);
  }

  function listenFor(signal: Deno.Signal): void {
    const listener = () => {
      const isFirst = exitCode === undefined;
      exitCode ??= 128 + (NUMBERS[signal] ?? 0);
      if (isFirst && handlers.first(signal)) return;
      handlers.second(signal);
      Deno.exit(exitCode);
    };
    Deno.addSignalListener(signal, listener);
    listening.set(signal, listener);
  }

  try {
    // A signal that is listed twice is still one Ctrl-C.
    new Set(signals).forEach(listenFor);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    get exitCode() {
      return exitCode;
    },
    stop,
  };
}

/** How long what was cancelled may take to show that it has noticed, in milliseconds. */
const GRACE = 100;

/**
 * Say at once what a signal cannot end, as it waits for something that knows nothing of cancellation, and that a second one
 * does. Returns the function that takes it back.
 */
export function reportUnimpressed(program: Scope, signal: Deno.Signal): () => void {
  const timer = realTime.setTimeout(() => {
    const stuck = holdups(program).filter((scope) => !waitsForUs(scope)).map(({ lingering }) => lingering);
    if (stuck.length === 0) return;
    const [what, others] = [stuck.slice(0, 3).join(", "), stuck.length - 3];
    const again = signal === "SIGINT" ? "Ctrl-C again" : `another ${signal}`;
    console.error(
      `${what}${
        others > 0 ? ` and ${others} more` : ""
      } cannot be cancelled by ${signal} where it is now: ${again} leaves at once.`,
    );
  }, GRACE);
  Deno.unrefTimer(timer);
  return () => realTime.clearTimeout(timer);
}
