import { currentScope } from "../core/ambient.ts";
import { rejected } from "../core/waiter.ts";
import { letGo } from "../core/observe.ts";

/** Check arguments. A promise among them that is refused must not become an unhandled rejection for that. */
export function checkFor(inputs: Iterable<unknown>, check: () => void): void {
  try {
    check();
  } catch (error) {
    for (const input of inputs) letGo(input, error);
    throw error;
  }
}

/**
 * As {@linkcode checkFor}, for a wait: as every refusal, that of arguments takes a turn of the event loop now and then, or
 * else a loop that swallows the error would freeze the process. `null` means that they are right.
 */
export function misuse(inputs: Iterable<unknown>, check: () => void): Promise<never> | null {
  try {
    checkFor(inputs, check);
    return null;
  } catch (error) {
    return rejected(currentScope(), error);
  }
}
