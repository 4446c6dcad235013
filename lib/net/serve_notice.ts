import { outside } from "../core/context.ts";
import { realTime } from "../core/platform.ts";

let noticed = false;

/**
 * Once in a process, the platform prints that the signal of a request fires also when that was answered, wherever one was
 * asked for. That is for code which listens to it; this has stopped listening, and who reads the notice can do nothing about
 * it. It comes in the microtasks after the answer, so only there it is taken out; anything else is printed.
 */
export function withoutNotice(): void {
  if (noticed) return;
  noticed = true;
  const { warn } = console;
  const filtered = (...args: unknown[]): void => {
    if (!String(args[0]).startsWith("Deno.serve: request.signal aborts on successful responses")) {
      warn.apply(console, args);
    }
  };
  console.warn = filtered;
  outside(realTime.setImmediate, () => {
    if (console.warn === filtered) console.warn = warn;
  });
}
