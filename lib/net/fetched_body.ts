import { type Held, held, Hold, type Holder } from "../core/held.ts";
import type { Scope } from "../core/scope.ts";
import { refusal, rejected } from "../core/waiter.ts";
import type { CancelledError } from "../errors.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The body of a fetched response, which its scope keeps until it has been read. It holds nothing of the response: one that the
 * program has dropped is the platform's to let go of.
 */
export class Body implements Held {
  readonly exchange: Exchange;
  readonly #hold: Hold = new Hold(this);
  #ended = false;
  /** Why it is no longer there. */
  #dropped: { by: CancelledError | null } | null = null;

  /** The body of what `exchange` has brought, kept by `scope`. */
  constructor(exchange: Exchange, scope: Scope | null) {
    this.exchange = exchange;
    exchange.bodyBegun();
    if (scope !== null) this.#hold.moveTo(scope);
  }

  /** Another one of the same response, kept where this one is. */
  divide(): Body {
    return new Body(this.exchange, this.#hold.owner as Scope | null);
  }

  /** It has been read, or has failed. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#hold.end();
    this.exchange.bodyEnded();
  }

  /** The rest of it is not wanted. */
  drop(by: CancelledError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#dropped = { by };
    this.#hold.end();
    this.exchange.bodyDropped(by);
  }

  /** See {@linkcode Held}. */
  release(by: CancelledError | null): void {
    this.drop(by);
  }

  /** Why code in `scope` cannot read it: a rejected promise, or `null` if it can. */
  refusal(scope: Scope, signal?: AbortSignal): Promise<never> | null {
    const refused = refusal(scope, signal);
    if (refused !== null || this.#dropped === null) return refused;
    return rejected(scope, this.exchange.lost(this.#dropped.by));
  }
}

/** Have what `it` gives be read as `body`, with the methods of `prototype`. */
export function adopt<T extends object>(it: T, prototype: object, body: Body): T {
  (it as Holder)[held] = body;
  return Object.setPrototypeOf(it, prototype);
}

/** The body that `it`, which was adopted, is read as. */
export function bodyOf(it: object): Body {
  return (it as Holder)[held] as Body;
}
