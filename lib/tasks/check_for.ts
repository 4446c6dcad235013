import { letGo } from "./cancellable.ts";

/** Check arguments. A promise among them that is refused must not become an unhandled rejection for that. */
export function checkFor(inputs: Iterable<unknown>, check: () => void): void {
  try {
    check();
  } catch (error) {
    for (const input of inputs) letGo(input, error);
    throw error;
  }
}
