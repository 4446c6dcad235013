import type { CallMessage } from "../wire/protocol.ts";
import type { Wire, WorkerMemory } from "./kit.ts";

/**
 * Part of the program inside a worker: its side of the memory that it shares with its pool. See `shared_memory.ts`.
 * Arrives as text: may use nothing outside of itself.
 */
export function workerMemory({ Layout, Slot, To }: Wire, buffer: SharedArrayBuffer): WorkerMemory {
  const { HEAD, SLOTS, WORDS, PLACES } = Layout;
  const { FREE, WAITING, STARTED, UNDEFINED, NULL, FALSE, TRUE, NUMBER, INTEGER } = Slot;
  const words = new Int32Array(buffer, 0, HEAD + WORDS * SLOTS);
  const numbers = new Float64Array(buffer, (HEAD + WORDS * SLOTS) * 4, PLACES * SLOTS);
  const integers = new Int32Array(buffer, (HEAD + WORDS * SLOTS) * 4, 2 * PLACES * SLOTS);

  function decode(kind: number, place: number): unknown {
    switch (kind) {
      case NUMBER:
        return numbers[place];
      case INTEGER:
        return integers[2 * place];
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      default:
        return undefined;
    }
  }

  return {
    cancelled: (id) => Atomics.load(words, 0) === (id | 0),
    progressed: () => Atomics.load(words, 1),
    claim(slot) {
      // Whoever moves the slot owns the call; the pool may have taken it back.
      if (Atomics.compareExchange(words, HEAD + slot, WAITING, STARTED) === WAITING) return true;
      Atomics.store(words, HEAD + slot, FREE);
      return false;
    },
    call(slot): CallMessage {
      const place = slot * PLACES;
      const args: unknown[] = [];
      for (let kinds = words[HEAD + 2 * SLOTS + slot]!; kinds !== 0; kinds >>>= 4) {
        args.push(decode(kinds & 15, place + 1 + args.length));
      }
      return [To.CALL, numbers[place]!, words[HEAD + SLOTS + slot]!, slot, args];
    },
    store(slot, value) {
      let state: number = NUMBER;
      if (typeof value === "number") {
        if (Object.is(value, value | 0)) {
          state = INTEGER;
          integers[2 * slot * PLACES] = value;
        } else numbers[slot * PLACES] = value;
      } else if (value === undefined) state = UNDEFINED;
      else if (value === null) state = NULL;
      else if (value === false) state = FALSE;
      else if (value === true) state = TRUE;
      else return false;
      Atomics.store(words, HEAD + slot, state);
      return true;
    },
    each(run, visit) {
      const first = run % SLOTS;
      for (let left = Math.floor(run / SLOTS), slot = first; left > 0; left--, slot = (slot + 1) % SLOTS) visit(slot);
    },
  };
}
