import { inspectBriefly } from "../core/checks.ts";

/** What an `EventEmitter` of Node has, of which this makes use. */
export interface Emitter {
  /** Have `listener` called with the arguments of each event. */
  on(type: string | symbol, listener: (...args: unknown[]) => void): unknown;
  /** Call it no more. */
  off(type: string | symbol, listener: (...args: unknown[]) => void): unknown;
}

/** How to listen to a target, whatever it is. */
export interface Listening {
  /** Begin; `onError` is told of errors that come beside the events. */
  start(onEvent: (event: unknown) => void, onError: (error: unknown) => void): void;
  /** End, and be told nothing more. */
  stop(): void;
}

/**
 * @throws {TypeError} When `target` is neither an `EventTarget` nor an `EventEmitter`.
 */
export function listeningTo(target: EventTarget | Emitter, type: string | symbol): Listening {
  const { addEventListener, on, off } = (target ?? {}) as Partial<EventTarget & Emitter>;
  if (typeof addEventListener === "function") return new TargetListening(target as EventTarget, String(type));
  if (typeof on === "function" && typeof off === "function") return new EmitterListening(target as Emitter, type);
  throw new TypeError(
    `Cannot listen as an EventTarget or an EventEmitter is needed: current value is ${inspectBriefly(target)}`,
  );
}

class TargetListening implements Listening {
  readonly #target: EventTarget;
  readonly #type: string;
  #listener: ((event: Event) => void) | null = null;

  constructor(target: EventTarget, type: string) {
    this.#target = target;
    this.#type = type;
  }

  start(onEvent: (event: unknown) => void): void {
    this.#target.addEventListener(this.#type, this.#listener = onEvent);
  }

  stop(): void {
    this.#target.removeEventListener(this.#type, this.#listener);
  }
}

class EmitterListening implements Listening {
  readonly #emitter: Emitter;
  readonly #type: string | symbol;
  #onEvent: (...args: unknown[]) => void = () => {};
  #onError: (error: unknown) => void = () => {};

  constructor(emitter: Emitter, type: string | symbol) {
    this.#emitter = emitter;
    this.#type = type;
  }

  start(onEvent: (event: unknown) => void, onError: (error: unknown) => void): void {
    this.#onEvent = (...args) => onEvent(args);
    this.#emitter.on(this.#type, this.#onEvent);
    if (this.#type === "error") return;
    this.#onError = onError;
    this.#emitter.on("error", onError);
  }

  stop(): void {
    try {
      this.#emitter.off(this.#type, this.#onEvent);
    } finally {
      this.#emitter.off("error", this.#onError);
    }
  }
}
