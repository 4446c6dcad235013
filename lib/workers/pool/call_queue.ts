import type { Call } from "../call/call.ts";

/** Calls in the order in which they came. Leaving from the middle costs no more than leaving from the front. */
export class CallQueue {
  #first: Call | null = null;
  #last: Call | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): Call | null {
    return this.#first;
  }

  push(call: Call): void {
    call.previousQueued = this.#last;
    if (this.#last === null) this.#first = call;
    else this.#last.nextQueued = call;
    this.#last = call;
    this.#size++;
  }

  /** Put a call back in front: it was here first. */
  unshift(call: Call): void {
    call.nextQueued = this.#first;
    if (this.#first === null) this.#last = call;
    else this.#first.previousQueued = call;
    this.#first = call;
    this.#size++;
  }

  /** Take a call out. Returns `false` when it is not here. */
  delete(call: Call): boolean {
    const { previousQueued: before, nextQueued: after } = call;
    if (before === null && this.#first !== call) return false;
    if (before === null) this.#first = after;
    else before.nextQueued = after;
    if (after === null) this.#last = before;
    else after.previousQueued = before;
    call.previousQueued = call.nextQueued = null;
    this.#size--;
    return true;
  }
}
