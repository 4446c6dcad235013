import { type ScopeView, type WaitView, watch } from "../core/instrument.ts";
import { realTime } from "../core/platform.ts";

/** A step that holds the event loop for longer is reported. */
const SLOW = 100;

/** How often the loop shows that it is alive: slow enough to cost nothing, fast enough to tell idle from busy. */
const BEAT = 20;

/** How many tasks are named that it may have been. */
const CANDIDATES = 3;

interface Origin {
  site: CallSite;
  at: number;
}

/** Where and when things were created; filled only in debug mode, since a stack trace costs as much as ten tasks. */
const origins = new WeakMap<ScopeView, Origin>();

/** Where `scope` was created: `"at main (file:///…/app.ts:12:5)"`. Known only in debug mode. */
export function creationSiteOf(scope: ScopeView): string | undefined {
  return origins.get(scope)?.site.line;
}

/** How long ago `scope` was created, in milliseconds. Known only in debug mode. */
export function ageOf(scope: ScopeView): number | undefined {
  const origin = origins.get(scope);
  return origin === undefined ? undefined : realTime.now() - origin.at;
}

/** Where the calling code of each wait is. */
const waitSites = new WeakMap<WaitView, CallSite>();

/** Where the code is that waits. Known only in debug mode. */
export function waitSiteOf(wait: WaitView): string | undefined {
  return waitSites.get(wait)?.line;
}

/** The tasks that the code of each task awaits, and the other way round. */
const awaited = new WeakMap<ScopeView, Set<ScopeView>>();
const awaiters = new WeakMap<ScopeView, Set<ScopeView>>();

/** The tasks that the code of `task` awaits, also in a race that is over by now. Known only in debug mode. */
export function awaitedBy(task: ScopeView): Iterable<ScopeView> {
  return awaited.get(task) ?? [];
}

function noteAwait(task: ScopeView, other: ScopeView): void {
  if (!awaited.has(task)) awaited.set(task, new Set());
  if (!awaiters.has(other)) awaiters.set(other, new Set());
  awaited.get(task)!.add(other);
  awaiters.get(other)!.add(task);
}

/** Whether the environment asks for debug mode: `ASYNCIO_DEBUG`, if it may be read without asking. */
export function debugRequested(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "ASYNCIO_DEBUG" });
  return state === "granted" && !["", "0", "false", undefined].includes(Deno.env.get("ASYNCIO_DEBUG"));
}

/**
 * Note where tasks are created, where they wait and which they await, and report on stderr each step that holds the event
 * loop for more than 100 ms, with the task it belongs to. Returns the function that ends it.
 *
 * A step has no beginning that could be seen from here, but it has an end: the next wait, or the end of its task. When
 * one of those comes long after the last sign of life of the loop, the time between was that step's. A step that ends in
 * the wait for a foreign promise shows no end either: then it can only be told which tasks it may have been.
 */
export function startDebug(): () => void {
  let lastSign = realTime.now();
  /** Tasks in no wait of the toolkit. */
  const outside = new Set<ScopeView>();
  const sign = () => void (lastSign = realTime.now());
  const stepBegins = (scope: ScopeView) => {
    const task = taskAround(scope);
    if (task !== null) outside.add(task);
    sign();
  };
  const stepEnds = (scope: ScopeView | null) => {
    const task = taskAround(scope);
    const took = realTime.now() - lastSign;
    if (took > SLOW) console.error(slowStep(task === null ? "Something outside of all tasks" : nameOf(task), took));
    sign();
  };
  const unwatch = watch({
    created(scope) {
      stepEnds(scope.parent);
      origins.set(scope, { site: new CallSite(), at: realTime.now() });
    },
    started: stepBegins,
    resumed: stepBegins,
    blocked(scope, wait) {
      stepEnds(scope);
      waitSites.set(wait, new CallSite());
      outside.delete(taskAround(scope)!);
    },
    awaits(scope, task) {
      const awaiting = taskAround(scope);
      if (awaiting !== null) noteAwait(awaiting, task);
    },
    settled(scope) {
      stepEnds(scope);
      outside.delete(scope);
      for (const awaiting of awaiters.get(scope) ?? []) awaited.get(awaiting)?.delete(scope);
    },
  });
  const beat = realTime.setInterval(() => {
    const took = realTime.now() - lastSign - BEAT;
    if (took > SLOW) {
      const names = [...outside].slice(0, CANDIDATES).map(nameOf);
      console.error(slowStep(names.length === 0 ? "Something" : `Something, perhaps ${names.join(" or ")},`, took));
    }
    sign();
  }, BEAT);
  Deno.unrefTimer(beat);
  return () => {
    realTime.clearInterval(beat);
    unwatch();
  };
}

function slowStep(who: string, took: number): string {
  return `${who} held the event loop for ${Math.round(took)} ms. ` +
    `Call checkpoint() now and then, or move the work to runInWorker().`;
}

function taskAround(scope: ScopeView | null): ScopeView | null {
  while (scope !== null && scope.kind !== "task") scope = scope.parent;
  return scope;
}

function nameOf(task: ScopeView): string {
  const site = creationSiteOf(task);
  return site === undefined ? `Task "${task.name}"` : `Task "${task.name}" (created ${site})`;
}

/** How far up the stack the caller is looked for: inside the toolkit alone there may be more than the ten kept by default. */
const FRAMES = 50;

/** Where the toolkit lies; `null` in a bundle, where what has called it lies at the same place, or at none. */
const LIBRARY = /^.*\/lib\/(?=tasks\/debug\.[jt]s$)/.exec(import.meta.url ?? "")?.[0] ?? null;

/** Where the toolkit was called. The stack is put into words when those are asked for: that costs twenty times the rest. */
export class CallSite {
  readonly #stack: Error;

  constructor() {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = FRAMES;
    this.#stack = new Error();
    Error.stackTraceLimit = stackTraceLimit;
  }

  /** The first line of the stack that is neither the toolkit's own nor the runtime's; `undefined` when there is none. */
  get line(): string | undefined {
    return this.#stack.stack?.split("\n").slice(1).find(isForeign)?.trim();
  }
}

function isForeign(line: string): boolean {
  return LIBRARY !== null && !line.includes(LIBRARY) && !line.includes("ext:") && !line.includes("<anonymous>");
}
