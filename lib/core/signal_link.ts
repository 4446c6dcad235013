/** What an abort signal can stop. */
export interface Abortable {
  /** Called with the signal's reason. */
  abort(reason: unknown): void;
}

/** The tie between one signal and one thing that it can stop. */
export interface SignalLink {
  /** Cut it. Harmless when the signal has fired. */
  unlink(): void;
}

/**
 * All links of one signal, behind a single listener: listeners on a shared signal cost time quadratic in their number.
 * The listener is there only while there are links, since one on an `AbortSignal.timeout` keeps the process alive.
 */
class Hub {
  readonly #signal: AbortSignal;
  readonly #links = new Set<Link>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(link: Link): void {
    if (this.#links.size === 0) this.#signal.addEventListener("abort", this.#onAbort);
    this.#links.add(link);
  }

  delete(link: Link): void {
    if (this.#links.delete(link) && this.#links.size === 0) {
      this.#signal.removeEventListener("abort", this.#onAbort);
    }
  }

  readonly #onAbort = (): void => {
    const links = [...this.#links];
    for (const link of links) {
      // One that was cut while the others were told must stay untouched.
      if (!this.#links.has(link)) continue;
      this.delete(link);
      link.target.abort(this.#signal.reason);
    }
  };
}

class Link implements SignalLink {
  readonly #hub: Hub;
  readonly target: Abortable;

  constructor(hub: Hub, target: Abortable) {
    this.#hub = hub;
    this.target = target;
    hub.add(this);
  }

  unlink(): void {
    this.#hub.delete(this);
  }
}

const hubs = new WeakMap<AbortSignal, Hub>();

/** Have `target.abort` called when `signal` fires, which it must not have done yet. */
export function linkSignal(signal: AbortSignal, target: Abortable): SignalLink {
  let hub = hubs.get(signal);
  if (hub === undefined) hubs.set(signal, hub = new Hub(signal));
  return new Link(hub, target);
}
