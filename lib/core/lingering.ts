import { outside } from "./context.ts";
import { realTime } from "./platform.ts";

/** Something that was cancelled and has not ended yet, or is part of it. */
export interface Lingering {
  /** What was cancelled and is still running, in words; `null` when nothing is, or something else is to be named. */
  readonly lingering: string | null;
  /** When it cancels itself. */
  readonly deadline: number;
  /** What it waits for by the means of this package. */
  readonly firstWaiting: LingeringWait | null;
  /** What is in it. */
  children(): Iterable<Lingering>;
}

/** One wait, and the next one of the same code. */
interface LingeringWait {
  readonly kind: string;
  readonly after: LingeringWait | null;
}

/** How long cleanup may take before it is reported. */
const PATIENCE = 5_000;

/** Reports that are due within this time are one: each looks through all that is in what lingers. */
const BATCH = 100;

/** Since when each lingers, oldest first: a map keeps the order of insertion, and that is the order of time. */
const lingering = new Map<Lingering, number>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Tasks that have been named, as one may be in several things that linger. */
const reported = new WeakSet<object>();

/** Report on stderr, once, what in `cancelled` has not ended in five seconds from now. */
export function reportIfLingering(cancelled: Lingering): void {
  lingering.set(cancelled, realTime.now());
  if (timer === undefined) reportIn(PATIENCE);
}

/** `cancelled` has ended: there is nothing to report. */
export function stopReporting(cancelled: Lingering): void {
  if (lingering.delete(cancelled) && lingering.size === 0) {
    realTime.clearTimeout(timer);
    timer = undefined;
  }
}

/** One timer for all, which does not keep the process alive: a report is not a reason to go on. */
function reportIn(delay: number): void {
  const set = outside(realTime.setTimeout, report, delay);
  // As with the clock: the first `setTimeout` of a process may run microtasks. In one of them a timer may have been set, or
  // the last that lingers may have ended.
  if (timer !== undefined) return realTime.clearTimeout(set);
  timer = set;
  Deno.unrefTimer(timer);
  if (lingering.size === 0) {
    realTime.clearTimeout(timer);
    timer = undefined;
  }
}

function report(): void {
  timer = undefined;
  const now = realTime.now();
  // Thousands of scopes may linger in each other, each cancelled by itself: none is looked through twice.
  const seen = new Map<Lingering, boolean>();
  for (const [cancelled, since] of lingering) {
    const left = since + PATIENCE - now;
    if (left > 0) return reportIn(Math.max(left, BATCH));
    lingering.delete(cancelled);
    if (seen.has(cancelled)) continue;
    for (const each of holdups(cancelled, seen)) {
      if (reported.has(each) || waitsForUs(each)) continue;
      reported.add(each);
      console.error(
        `${each.lingering} was cancelled ${
          PATIENCE / 1000
        } s ago and is still running. It may wait for a promise that ` +
          `knows nothing of cancellation: wrap that as cancellable(promise), or pass it the signal of its scope.`,
      );
    }
  }
}

/**
 * What holds up the end of `cancelled`: where something lingers in what lingers, only the innermost is to be named, since
 * the others just wait for that. A list instead of recursion: what does not end may be deep.
 *
 * @param seen What has been looked through already, and whether something is named in it, or it is: it is not named again.
 */
export function holdups<L extends Lingering>(cancelled: L, seen: Map<Lingering, boolean> = new Map()): L[] {
  const all: { each: L; around: number; named: boolean }[] = [{ each: cancelled, around: -1, named: false }];
  for (let i = 0; i < all.length; i++) {
    for (const child of all[i]!.each.children()) {
      const isNamed = seen.get(child);
      if (isNamed === undefined) all.push({ each: child as L, around: i, named: false });
      else if (isNamed) all[i]!.named = true;
    }
  }
  const innermost: L[] = [];
  // Whatever is in something comes after it.
  for (const { each, around, named } of all.toReversed()) {
    const isLingering = each.lingering !== null;
    if (!named && isLingering) innermost.push(each);
    seen.set(each, named || isLingering);
    if (around >= 0 && (named || isLingering)) all[around]!.named = true;
  }
  return innermost.reverse();
}

/**
 * Whether something in `cancelled` waits for what comes by itself: in cleanup, that is, as a server does that drains. A wait for a
 * task tells nothing, unless it has a deadline.
 */
export function waitsForUs(cancelled: Lingering): boolean {
  const all: Lingering[] = [cancelled];
  for (let each = all.pop(); each !== undefined; each = all.pop()) {
    for (let wait = each.firstWaiting; wait !== null; wait = wait.after) {
      if (wait.kind !== "task" || each.deadline < Infinity) return true;
    }
    all.push(...each.children());
  }
  return false;
}
