import { currentScope } from "../core/ambient.ts";
import type { Clock } from "../core/clock.ts";
import { VirtualTimer } from "./virtual_timer.ts";

/** The clocks that the timers and dates of the platform follow, and what they began at. */
const followed = new WeakMap<Clock, { epoch: number }>();

let users = 0;
let restore: () => void;

/**
 * Have the timers and dates of the platform follow `clock`, for the code that runs by it: all other code keeps the real ones.
 * Returns the function that ends this.
 */
export function followClock(clock: Clock): () => void {
  followed.set(clock, { epoch: Date.now() - clock.now() });
  if (users++ === 0) restore = replaceGlobals();
  return () => {
    followed.delete(clock);
    if (--users === 0) restore();
  };
}

/** The clock that the calling code follows, if it does. */
function clockHere(): Clock | undefined {
  const { clock } = currentScope();
  return followed.has(clock) ? clock : undefined;
}

function dateHere(): number | undefined {
  const { clock } = currentScope();
  const following = followed.get(clock);
  return following && Math.floor(following.epoch + clock.now());
}

function replaceGlobals(): () => void {
  const { setTimeout, setInterval, clearTimeout, clearInterval, Date } = globalThis;
  const { now } = performance;
  const own = Object.getOwnPropertyDescriptor(performance, "now");
  type Callback = (...args: unknown[]) => void;

  function virtual(real: unknown, repeats: boolean) {
    return (callback: Callback, delay?: number, ...args: unknown[]): unknown => {
      const clock = clockHere();
      if (clock === undefined) return (real as (...args: unknown[]) => unknown)(callback, delay, ...args);
      return new VirtualTimer(clock, () => callback(...args), delay, repeats);
    };
  }

  function clearing(real: (timer?: number) => void) {
    return (timer?: unknown): void => {
      const found = VirtualTimer.find(timer);
      if (found === undefined) real(timer as number);
      else found.close();
    };
  }

  const replaced = {
    setTimeout: virtual(setTimeout, false),
    setInterval: virtual(setInterval, true),
    clearTimeout: clearing(clearTimeout),
    clearInterval: clearing(clearInterval),
    Date: virtualDate(Date),
  };
  Object.assign(globalThis, replaced);
  performance.now = () => clockHere()?.now() ?? now.call(performance);

  return () => {
    // What somebody else has put in since is theirs to take out.
    const originals = { setTimeout, setInterval, clearTimeout, clearInterval, Date };
    for (const name of Object.keys(originals) as (keyof typeof originals)[]) {
      if (globalThis[name] as unknown === replaced[name]) Object.assign(globalThis, { [name]: originals[name] });
    }
    // As a rule it comes from the prototype.
    if (own === undefined) delete (performance as Partial<Performance>).now;
    else Object.defineProperty(performance, "now", own);
  };
}

/** The platform's `Date`, with another idea of now. */
function virtualDate(real: DateConstructor): DateConstructor {
  const now = () => dateHere() ?? real.now();
  return new Proxy(real, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new real(now()).toString(),
    get: (target, key, receiver) => key === "now" ? now : Reflect.get(target, key, receiver),
  });
}
