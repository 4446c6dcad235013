// Exercise 4, written down as a report: see `examples/error_handling.ts` for the exercise itself.

import { isCancelled } from "../errors.ts";
import { gather } from "../tasks/gather.ts";
import { sleep } from "../tasks/sleep.ts";

/** What became of a task. */
export type Fate = "finished" | "failed" | "cancelled" | "not started";

/** One way to handle the error, and what came of it. */
export interface Case {
  /** How the three tasks were run. */
  how: string;
  /** The error that reached the caller, or `null` when none was thrown. */
  caught: string | null;
  /** What the caller got instead. */
  results: string[] | null;
  /** What became of each task. */
  fates: Record<string, Fate>;
}

/** What the exercise found out. */
export interface ErrorReport {
  cases: Case[];
}

/** The three tasks of one case; they write down what becomes of them. */
class Tasks {
  readonly fates: Record<string, Fate> = { reader: "not started", faulty: "not started", writer: "not started" };

  readonly reader = (): Promise<string> => this.#start("reader", 20);
  readonly faulty = (): Promise<string> => this.#start("faulty", 40, new RangeError("Something went wrong"));
  readonly writer = (): Promise<string> => this.#start("writer", 300);
  readonly #started: Promise<string>[] = [];

  /** Wait for what runs on. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#started);
  }

  #start(name: string, ms: number, failure?: Error): Promise<string> {
    const work = this.#work(name, ms, failure);
    this.#started.push(work);
    return work;
  }

  async #work(name: string, ms: number, failure?: Error): Promise<string> {
    try {
      await sleep(ms);
      if (failure !== undefined) throw failure;
      this.fates[name] = "finished";
      return `${name}'s result`;
    } catch (error) {
      this.fates[name] = isCancelled(error) ? "cancelled" : "failed";
      throw error;
    }
  }
}

/** Run the tasks in four ways. `say` is told what happens when it happens. */
export async function handleErrors(say: (line: string) => void = () => {}): Promise<ErrorReport> {
  const cases = [
    await attempt("await, one by one", say, async ({ reader, faulty, writer }) => [
      await reader(),
      await faulty(),
      await writer(), // never reached
    ]),
    // Functions are owned: the one that still runs is cancelled, and has ended when gather() throws.
    await attempt("gather, functions", say, ({ reader, faulty, writer }) => gather(reader, faulty, writer)),
    // Promises were started by the caller, so they run on: the writer finishes what it does.
    await attempt("gather, promises", say, ({ reader, faulty, writer }) => gather(reader(), faulty(), writer())),
    await attempt(
      "returnExceptions",
      say,
      ({ reader, faulty, writer }) => gather([reader, faulty, writer], { returnExceptions: true }),
    ),
  ];
  return { cases };
}

/** Run the tasks in one way, and handle the error. */
async function attempt(
  how: string,
  say: (line: string) => void,
  attempt: (tasks: Tasks) => Promise<(string | Error)[]>,
): Promise<Case> {
  const tasks = new Tasks();
  let caught: string | null = null;
  let results: string[] | null = null;
  try {
    results = (await attempt(tasks)).map(String);
    say(`${how}: got ${results.join(", ")}`);
  } catch (error) {
    // A cancellation is not a failure to handle: it says that the program is ending.
    if (isCancelled(error)) throw error;
    caught = String(error);
    say(`${how}: caught ${caught}`);
  }
  await tasks.ended();
  say(`  ${Object.entries(tasks.fates).map(([name, fate]) => `${name} ${fate}`).join(", ")}`);
  return { how, caught, results, fates: tasks.fates };
}
