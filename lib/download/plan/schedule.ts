import { currentScope } from "../../core/ambient.ts";
import type { Clock } from "../../core/clock.ts";
import type { WaitKind } from "../../core/instrument.ts";
import type { Scope } from "../../core/scope.ts";
import type { TimerEntry } from "../../core/timer_queue.ts";
import { refusal, Waiter } from "../../core/waiter.ts";
import { HostLimit } from "./host_limit.ts";
import { isOutOfFiles } from "./out_of_files.ts";

/** Leave to make one request; given back at the end of the block that holds it. */
export interface Slot extends Disposable {
  /** The request went well. */
  wellDone(): void;
  /** The host turned the request away, and wants to be left alone for `wait` milliseconds. */
  turnedAway(wait: number): void;
  /**
   * The system lets us open no more: fewer requests are made at a time from then on, to any host.
   *
   * @returns Whether others are under way, which will close theirs.
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
   * Do something in a turn at `host`. When there are too many open files for it, it is done again in another turn, as long
   * as others are under way that will close theirs: so it fails only when nothing of ours is left to be closed.
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
    let held = true;
    return {
      wellDone: () => {
        queue.limit.wellDone();
        this.#all.wellDone();
      },
      turnedAway: (wait) => queue.limit.turnedAway(startedAt, queue.clock.now(), wait),
      outOfFiles: () => {
        this.#all.lower();
        return this.#all.running > 1;
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

/** Those who wait for one host. */
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

  /** The one who may go on now, if any; a host that is closed is looked at again when it opens. */
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
    // With nobody left, the timer would only keep the program alive.
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
