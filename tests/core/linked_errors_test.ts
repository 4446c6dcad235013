import { assertEquals } from "@std/assert";
import { createTask, flattenErrors, isTimeout, sleep, timeout } from "../../mod.ts";

/** Made anew each time: what is linked to one of them stays linked to it. */
const UNCHANGEABLE: Record<string, () => unknown> = {
  "is frozen": () => Object.freeze(new Error("frozen")),
  "is no Error": () => ({ code: 7 }),
};

for (const [what, make] of Object.entries(UNCHANGEABLE)) {
  Deno.test(`flattenErrors() takes no cancellation for an error, also where what was thrown ${what}`, async () => {
    const thrown = make();
    const task = createTask(() => sleep(60_000).catch(() => Promise.reject(thrown)), { eager: true });
    task.cancel();
    const error = await task.catch((error) => error);
    assertEquals(error, thrown);
    assertEquals(flattenErrors(error), [thrown]);
  });

  Deno.test(`flattenErrors() finds the TimeoutError behind an error that cannot have a cause as it ${what}`, async () => {
    const error = await timeout(0, () => sleep(60_000).catch(() => Promise.reject(make()))).catch((error) => error);
    assertEquals(flattenErrors(error).map(isTimeout), [false, true]);
  });
}
