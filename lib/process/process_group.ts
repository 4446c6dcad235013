import type { Stopped } from "../errors.ts";
import { realTime } from "../core/platform.ts";
import { livingGroups } from "./living_groups.ts";

/** How long the members of a group may take to go after SIGKILL: what the kernel has in hand is let go of by then. */
const LAST_PATIENCE = 1_000;

/** How often is looked whether a group has gone, in milliseconds: at first, and at last. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;

/** From which pause on it is worth to look who of the group is dead. */
const WORTH_A_LOOK = 8;

/**
 * A process and all that it has started, as far as that has made no group of its own. The process alone on Windows, which has
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
    if (!this.#send("SIGTERM")) return "cooperative";
    // One that was stopped (SIGSTOP, Ctrl-Z) sees the other signal only once it goes on.
    if (Deno.build.os !== "windows") this.#send("SIGCONT");
    if (await this.#goneWithin(grace)) return "cooperative";
    this.#send("SIGKILL");
    return await this.#goneWithin(LAST_PATIENCE) ? "killed" : "abandoned";
  }

  /** Wait, in real time, until nobody is left in it. Returns `false` when `ms` are over before that. */
  async #goneWithin(ms: number): Promise<boolean> {
    const since = realTime.now();
    const deadline = since + ms;
    for (let pause = FIRST_PAUSE;; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      if (this.isGone) return true;
      if (this.#exited && pause >= WORTH_A_LOOK && await this.#isDead(since)) return this.#gone = true;
      const left = deadline - realTime.now();
      if (left <= 0) return false;
      // The process itself tells of its end; of the rest of its group nobody does.
      if (this.#exited) await pauseFor(Math.min(pause, left));
      else await this.#exitWithin(left);
    }
  }

  /** Whether all that is left of it is dead, and only waits to be collected. */
  async #isDead(since: number): Promise<boolean> {
    if (this.#alone) return true;
    const groups = await livingGroups(since);
    return groups !== null && !groups.has(this.#child.pid);
  }

  async #exitWithin(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    // Longer delays than this fire at once.
    const timer = realTime.setTimeout(over.resolve, Math.min(ms, 2 ** 31 - 1));
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

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => realTime.setTimeout(resolve, ms));
}
