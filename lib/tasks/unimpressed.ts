import { holdups } from "../core/lingering.ts";
import { realTime } from "../core/platform.ts";
import type { Scope } from "../core/scope.ts";

/** How long what was cancelled may take to show that it has noticed, in milliseconds. */
const GRACE = 100;

/**
 * Say at once what a signal cannot end, as it waits for something that knows nothing of cancellation, and that a second one
 * does. Returns the function that takes it back.
 */
export function reportUnimpressed(program: Scope, signal: Deno.Signal): () => void {
  const timer = realTime.setTimeout(() => {
    const stuck = holdups(program).filter((scope) => !waitsForUs(scope)).map(({ lingering }) => lingering);
    if (stuck.length === 0) return;
    const [what, others] = [stuck.slice(0, 3).join(", "), stuck.length - 3];
    const again = signal === "SIGINT" ? "Ctrl-C again" : `another ${signal}`;
    console.error(
      `${what}${
        others > 0 ? ` and ${others} more` : ""
      } cannot be cancelled by ${signal} where it is now: ${again} leaves at once.`,
    );
  }, GRACE);
  Deno.unrefTimer(timer);
  return () => realTime.clearTimeout(timer);
}

/** Whether something in `scope` waits with the means of this package: in cleanup, that is, which ends by itself. */
function waitsForUs(scope: Scope): boolean {
  const scopes = [scope];
  for (let each = scopes.pop(); each !== undefined; each = scopes.pop()) {
    if (each.firstWaiting !== null) return true;
    scopes.push(...each.children());
  }
  return false;
}
