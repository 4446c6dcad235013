import type { Stopped } from "../errors.ts";
import { LONGEST_DELAY, realTime } from "../core/platform.ts";
import { livingGroups } from "./living_groups.ts";

/** How long the members of a group may take to go after SIGKILL: what the kernel has in hand is let go of by then. */
const LAST_PATIENCE = 1_000;

/** How often is looked whether a group has gone, in milliseconds: at first, and at last. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;

/** From which pause on it is worth to look who of the group is dead. */
const WORTH_A_LOOK = 8;

/**
 * A process and all that it has started, as far as that has made no session of its own. The process alone on Windows, which has
 * no groups, and where the program may not run everything (`--allow-run=ffmpeg`): then Deno lets it signal no group.
 */
export class ProcessGroup {
  readonly #child: Deno.ChildProcess;
  /** Settles when the process has ended; what it started may live on. */
  readonly #exit: Promise<unknown>;
  #exited = false;
  /** Once nobody is left, the system may give the number to others, who must not be signalled. */
  #gone = false;
  #alone = Deno.build.os === "windows";
  #ending: Promise<Stopped> | null = null;
  /** Groups that were made by what the process has started, as `timeout` and shells with job control make them. */
  readonly #offshoots = new Set<number>();

  /** @param exit Resolves when the process has ended. */
  constructor(child: Deno.ChildProcess, exit: Promise<unknown>) {
    this.#child = child;
    this.#exit = exit.then(() => void (this.#exited = true));
  }

  /** Send a signal to each process in it. Returns `false` when there is none. */
  signal(signal: Deno.Signal): boolean {
    return this.#send(signal);
  }

  /** Whether nobody is left in it, as far as a signal can tell. */
  get isGone(): boolean {
    return !this.#send(0);
  }

  /**
   * End it: SIGTERM, SIGKILL after `grace` milliseconds, and a look at whether anything is left. Asked again, it goes on with
   * what it does already.
   *
   * @returns `"cooperative"` when SIGTERM was enough, `"killed"` when it was not; `"abandoned"` when something is left all
   *   the same.
   */
  end(grace: number): Promise<Stopped> {
    return this.#ending ??= this.#end(grace);
  }

  async #end(grace: number): Promise<Stopped> {
    const since = realTime.now();
    if (!this.#send("SIGTERM")) return "cooperative";
    // One that was stopped (SIGSTOP, Ctrl-Z) sees the other signal only once it goes on.
    if (Deno.build.os !== "windows") this.#send("SIGCONT");
    await this.#endOffshoots("SIGTERM", since);
    if (await this.#goneWithin(grace)) return "cooperative";
    this.#send("SIGKILL");
    await this.#endOffshoots("SIGKILL", realTime.now());
    return await this.#goneWithin(LAST_PATIENCE) ? "killed" : "abandoned";
  }

  /** End what has made groups of its own, and is in the session of the process all the same. */
  async #endOffshoots(signal: Deno.Signal, since: number): Promise<void> {
    if (this.#alone) return;
    const { pid } = this.#child;
    for (const [group, session] of await livingGroups(since) ?? []) {
      if (session === pid && group !== pid) this.#offshoots.add(group);
    }
    for (const group of this.#offshoots) {
      signalGroup(group, signal);
      signalGroup(group, "SIGCONT");
    }
  }

  /** Wait, in real time, until nobody is left in it. Returns `false` when `ms` are over before that. */
  async #goneWithin(ms: number): Promise<boolean> {
    const since = realTime.now();
    const deadline = since + ms;
    for (let pause = FIRST_PAUSE;; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      if (this.isGone && this.#offshoots.size === 0) return true;
      if (this.#exited && pause >= WORTH_A_LOOK) await this.#forgetDead(since);
      if (this.isGone && this.#offshoots.size === 0) return true;
      const left = deadline - realTime.now();
      if (left <= 0) return false;
      // The process itself tells of its end; of the rest of its group nobody does.
      if (this.#exited) await pauseFor(Math.min(pause, left));
      else await this.#exitWithin(left);
    }
  }

  /** Of what is left, forget those who are dead, and only wait to be collected. */
  async #forgetDead(since: number): Promise<void> {
    if (this.#alone) {
      this.#gone = true;
      return;
    }
    const living = await livingGroups(since);
    if (living === null) return;
    if (!living.has(this.#child.pid)) this.#gone = true;
    for (const group of this.#offshoots) if (!living.has(group)) this.#offshoots.delete(group);
  }

  async #exitWithin(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = realTime.setTimeout(over.resolve, Math.min(ms, LONGEST_DELAY));
    await Promise.race([this.#exit, over.promise]);
    realTime.clearTimeout(timer);
  }

  /** Signal 0 only asks whether there is somebody. */
  #send(signal: Deno.Signal | 0): boolean {
    if (this.#gone) return false;
    const isThere = this.#trySend(signal);
    if (!isThere && this.#exited) this.#gone = true;
    return isThere;
  }

  #trySend(signal: Deno.Signal | 0): boolean {
    if (this.#alone) return this.#sendAlone(signal);
    try {
      Deno.kill(-this.#child.pid, signal as Deno.Signal);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      if (error instanceof Deno.errors.NotCapable) {
        this.#alone = true;
        return this.#sendAlone(signal);
      }
      if (error instanceof TypeError) throw error;
      // There is somebody, who may not be signalled: on macOS also the dead that nobody has collected.
      return !(Deno.build.os === "darwin" && this.#exited);
    }
  }

  #sendAlone(signal: Deno.Signal | 0): boolean {
    if (this.#exited) return false;
    try {
      if (signal !== 0) this.#child.kill(signal);
      return true;
    } catch (error) {
      // Of a signal that is none, or that the platform does not have.
      if (error instanceof TypeError && !error.message.includes("terminated")) throw error;
      return false;
    }
  }
}

function signalGroup(group: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-group, signal);
  } catch {
    // It has gone meanwhile, or belongs to somebody else: what is left is seen afterwards.
  }
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => realTime.setTimeout(resolve, ms));
}
