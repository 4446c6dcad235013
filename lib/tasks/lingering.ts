/** Something that was cancelled and has not ended yet. */
export interface Lingering {
  /** For the report. */
  readonly name: string;
}

/** How long a cancelled task may take for its cleanup before it is reported. */
const PATIENCE = 5_000;

/** Since when each lingers, oldest first: a map keeps the order of insertion, and that is the order of time. */
const lingering = new Map<Lingering, number>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Report `task` on stderr, once, if it has not ended in five seconds from now. */
export function lingers(task: Lingering): void {
  lingering.set(task, performance.now());
  if (timer === undefined) watchUntil(PATIENCE);
}

/** It has ended. */
export function lingersNoMore(task: Lingering): void {
  if (lingering.delete(task) && lingering.size === 0) {
    clearTimeout(timer);
    timer = undefined;
  }
}

/** One timer for all, which does not keep the process alive: a report is not a reason to go on. */
function watchUntil(delay: number): void {
  timer = setTimeout(report, delay);
  Deno.unrefTimer(Number(timer));
}

function report(): void {
  timer = undefined;
  const now = performance.now();
  for (const [task, since] of lingering) {
    const left = since + PATIENCE - now;
    if (left > 0) return watchUntil(left);
    lingering.delete(task);
    console.error(
      `Task "${task.name}" was cancelled ${
        PATIENCE / 1000
      } s ago and is still running. It may wait for a promise that ` +
        `knows nothing of cancellation: wrap that as cancellable(promise), or pass it the signal of the task.`,
    );
  }
}
