import { currentScope } from "../../core/ambient.ts";
import type { Clock } from "../../core/clock.ts";
import type { WaitKind } from "../../core/instrument.ts";
import type { Scope } from "../../core/scope.ts";
import type { TimerEntry } from "../../core/timer_queue.ts";
import { refusal, Waiter } from "../../core/waiter.ts";

/** Leave to make one request; given back at the end of the block that holds it. */
export interface Slot extends Disposable {
  /** The request went well. */
  succeeded(): void;
  /** The host turned the request away, and wants to be left alone for `wait` milliseconds. */
  refused(wait: number): void;
  /**
   * The system lets us open no more: fewer requests are made at a time from then on, to any host.
   *
   * @returns Whether others have been under way meanwhile: what they have closed by now, or will, may be enough.
   */
  outOfFiles(): boolean;
}

/**
 * Decides when each request may be made: so many in all, so many to one host. First come, first served among the requests
 * to one host; hosts take turns, so that one with a long queue, or one that is closed for a while, holds up no other.
 */
export class Schedule {
  /** Of all hosts together. */
  readonly #all: HostLimit;
  readonly #perHost: number;
  readonly #hosts = new Map<string, HostQueue>();
  /** Turns so far. */
  #granted = 0;
  /**
   * Hosts that may have a request to be made, and room for it; the one whose turn it is first. The others are not looked at:
   * each comes back when somebody asks for it, when a request to it ends, or when it opens.
   */
  readonly #ready = new Set<HostQueue>();

  /**
   * @param most Requests at a time, from 1.
   * @param perHost Requests at a time to one host, from 1.
   */
  constructor(most: number, perHost: number) {
    this.#all = new HostLimit(most);
    this.#perHost = perHost;
  }

  /**
   * Do something in a turn at `host`. When there are too many open files for it, it is done again in another turn, unless
   * nothing else was under way all the time: so it fails only when nothing of ours is left to be closed.
   *
   * @param turn The first turn, when it has come already.
   */
  async inTurn<T>(host: string, fn: (slot: Slot) => Promise<T>, turn: Slot | null = null): Promise<T> {
    for (;;) {
      using slot = turn ?? await this.acquire(host);
      turn = null;
      try {
        return await fn(slot);
      } catch (error) {
        if (!isOutOfFiles(error) || !slot.outOfFiles()) throw error;
      }
    }
  }

  /** Wait for leave to make a request to `host`. */
  acquire(host: string): Promise<Slot> {
    const scope = currentScope();
    const refused = refusal(scope);
    if (refused !== null) return refused;
    let queue = this.#hosts.get(host);
    if (queue === undefined) {
      queue = new HostQueue(host, this.#perHost, scope.clock, (queue) => this.#grantWith(queue));
      this.#hosts.set(host, queue);
    }
    const waiter = new SlotWaiter(scope, queue);
    this.#grantWith(queue);
    return waiter.promise;
  }

  /** How many requests `host` gets at a time at the moment. */
  limitOf(host: string): number {
    return this.#hosts.get(host)?.limit.limit ?? this.#perHost;
  }

  /** Something has changed about a host: give out what there is. */
  #grantWith(queue: HostQueue): void {
    this.#ready.add(queue);
    for (const next of this.#ready) {
      if (this.#all.running >= this.#all.limit) return;
      this.#ready.delete(next);
      const waiter = next.next();
      if (waiter === undefined) continue;
      this.#all.start();
      next.limit.start();
      // To the end of the round. A set that is changed like this while it is looped over comes to this host again,
      // until it has no room left.
      this.#ready.add(next);
      waiter.resolve(this.#slot(next));
    }
  }

  #slot(queue: HostQueue): Slot {
    const startedAt = queue.clock.now();
    const isAlone = this.#all.running === 1;
    const granted = ++this.#granted;
    let held = true;
    return {
      succeeded: () => {
        queue.limit.succeeded();
        this.#all.succeeded();
      },
      refused: (wait) => queue.limit.refused(startedAt, queue.clock.now(), wait),
      outOfFiles: () => {
        this.#all.lower();
        return !isAlone || this.#granted > granted;
      },
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        this.#all.end();
        queue.limit.end();
        this.#grantWith(queue);
      },
    };
  }
}

/** The requests that wait for one host. */
class HostQueue implements TimerEntry {
  due = 0;
  order = 0;
  index = -1;
  readonly host: string;
  readonly limit: HostLimit;
  readonly clock: Clock;
  /** In order of arrival. */
  readonly waiting = new Set<SlotWaiter>();
  readonly #onOpen: (queue: HostQueue) => void;

  constructor(host: string, most: number, clock: Clock, onOpen: (queue: HostQueue) => void) {
    this.host = host;
    this.limit = new HostLimit(most);
    this.clock = clock;
    this.#onOpen = onOpen;
  }

  /** The request that may be made now, if any; a host that is closed is looked at again when it opens. */
  next(): SlotWaiter | undefined {
    const [first] = this.waiting;
    if (first === undefined) return undefined;
    const now = this.clock.now();
    if (this.limit.hasRoom(now)) return first;
    if (this.limit.closedUntil > now && this.index < 0) {
      this.due = this.limit.closedUntil;
      this.clock.at(this);
    }
    return undefined;
  }

  leave(waiter: SlotWaiter): void {
    this.waiting.delete(waiter);
    // With no request left, the timer would only keep the program alive.
    if (this.waiting.size === 0) this.clock.cancel(this);
  }

  /** The host has opened. */
  fire(): void {
    this.#onOpen(this);
  }
}

/** Waits for its turn. */
class SlotWaiter extends Waiter<Slot> {
  readonly #queue: HostQueue;

  constructor(scope: Scope, queue: HostQueue) {
    super(scope);
    this.#queue = queue;
    queue.waiting.add(this);
  }

  override resolve(slot: Slot): void {
    this.#queue.leave(this);
    super.resolve(slot);
  }

  override get kind(): WaitKind {
    return "network";
  }

  override describe(): string {
    return `its turn at ${this.#queue.host}`;
  }

  protected override withdraw(): void {
    this.#queue.leave(this);
  }
}

/**
 * How many requests one host gets at a time. A host that says "too many" or "unavailable" gets half as many from then
 * on; for each full round that goes well it gets one more again, as TCP does with its window.
 */
export class HostLimit {
  readonly #most: number;
  #limit: number;
  #running = 0;
  /** Requests that went well since the limit was last changed. */
  #successes = 0;
  #halvedAt = -Infinity;
  #closedUntil = -Infinity;

  /** @param most Requests at a time while all goes well, from 1. */
  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
  }

  /** How many requests are allowed at the moment. */
  get limit(): number {
    return this.#limit;
  }

  /** Until when the host wants to be left alone, in milliseconds of the clock. */
  get closedUntil(): number {
    return this.#closedUntil;
  }

  /** Whether another request may start now. */
  hasRoom(now: number): boolean {
    return this.#running < this.#limit && now >= this.#closedUntil;
  }

  /** Requests under way. */
  get running(): number {
    return this.#running;
  }

  start(): void {
    this.#running++;
  }

  end(): void {
    this.#running--;
  }

  /** A request went well. */
  succeeded(): void {
    if (this.#limit >= this.#most || ++this.#successes < this.#limit) return;
    this.#successes = 0;
    this.#limit++;
  }

  /** There is no room for as many as are under way: one of them has to end before another one starts. */
  lower(): void {
    this.#successes = 0;
    this.#limit = Math.max(1, Math.min(this.#limit, this.#running - 1));
  }

  /**
   * A request was turned away.
   *
   * @param startedAt When it was made: the answers to one burst of requests are one timeoutMessage, not many.
   * @param now The time.
   * @param wait For how long the host wants to be left alone.
   */
  refused(startedAt: number, now: number, wait: number): void {
    this.#successes = 0;
    this.#closedUntil = Math.max(this.#closedUntil, now + wait);
    if (startedAt < this.#halvedAt) return;
    this.#halvedAt = now;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, this.#most) / 2));
  }
}

/** What the system says when this program, or all of them, may open no more. */
const CODES: readonly unknown[] = ["EMFILE", "ENFILE"];

/** The same in words: errors of connections have no code. */
const WORDS = /too many open files/i;

/** Whether `error`, or what caused it, is that there are too many open files, or connections, which count as such. */
export function isOutOfFiles(error: unknown): boolean {
  for (let depth = 0; error instanceof Error && depth < 8; depth++) {
    if (CODES.includes((error as Error & { code?: unknown }).code) || WORDS.test(error.message)) return true;
    error = error.cause;
  }
  return false;
}
