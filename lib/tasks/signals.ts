/** What is told of signals. */
export interface SignalHandlers {
  /** The first one came: end in good order. */
  first(signal: Deno.Signal): void;
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

/** By convention a process that a signal ended exits with 128 and its number. */
const NUMBERS: Partial<Record<Deno.Signal, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 };

/** Listen for signals until told to stop. */
export function onSignals(signals: Deno.Signal[], handlers: SignalHandlers): Interruption {
  let exitCode: number | undefined;
  const listeners = signals.map((signal) => {
    const listener = () => {
      if (exitCode === undefined) {
        exitCode = 128 + (NUMBERS[signal] ?? 0);
        handlers.first(signal);
        return;
      }
      handlers.second(signal);
      Deno.exit(exitCode);
    };
    Deno.addSignalListener(signal, listener);
    return { signal, listener };
  });
  return {
    get exitCode() {
      return exitCode;
    },
    stop() {
      for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}
