import { currentScope } from "../../lib/core/ambient.ts";
import { sleep, type Task } from "../../mod.ts";
import { type Call, Frame, isCancellationOf } from "./frame.ts";
import type { Kind, Plan } from "./plan.ts";
import { Shared } from "./shared.ts";
import { Witness } from "./witness.ts";

/** Runs one kind of step. */
export type Step = (program: Program, plan: Plan, frame: Frame) => unknown;

/** A random program, while it runs: it watches whether the toolkit keeps its promises. */
export class Program {
  readonly witness: Witness = new Witness();
  readonly shared: Shared = new Shared(this.witness);
  readonly tasks: { task: Task<unknown>; frame: Frame }[] = [];
  readonly controllers: AbortController[] = [];
  readonly #steps: Record<Kind, Step>;
  /** Promises that no call owns, and that have not settled. */
  strands = 0;
  /** How many there ever were. */
  strandsStarted = 0;

  constructor(steps: Record<Kind, Step>) {
    this.#steps = steps;
  }

  /** Run `plan` as the body of the main task. */
  async main(plan: Plan): Promise<void> {
    try {
      await this.run(plan, new Frame(null));
    } catch (error) {
      this.witness.see(error);
    }
    // Only a task of the program can have been cancelled, and main is none of them.
    await sleep(0).catch(() => this.witness.violate("main was cancelled by nobody"));
  }

  async run(plan: Plan, frame: Frame): Promise<unknown> {
    return await this.#steps[plan.kind](this, plan, frame);
  }

  async runAll(plans: readonly Plan[], frame: Frame): Promise<void> {
    for (const plan of plans) await this.run(plan, frame);
  }

  /** A checkpoint: throws in a cancelled scope, and only there. */
  async sleep(ms: number, frame: Frame): Promise<unknown> {
    const scope = currentScope();
    const due = scope.clock.now() + ms;
    const { doomed } = frame;
    try {
      await sleep(ms);
    } catch (error) {
      if (!isCancellationOf(scope, error)) this.witness.violate(`a sleep threw what is not its scope's: ${error}`);
      throw error;
    }
    if (doomed) this.witness.violate("a checkpoint let a cancelled caller pass");
    const late = scope.clock.now() - due;
    if (late !== 0) this.witness.violate(`a sleep ended ${late} ms late`);
    return ms;
  }

  /** Something that the toolkit owns when it is handed over. */
  own(plan: Plan, frame: Frame, call: Call): () => unknown {
    if (plan.kind === "throw" && plan.choice & 1) {
      return () => {
        throw this.witness.makeError();
      };
    }
    return () => call.run(() => this.run(plan, new Frame(frame)));
  }

  /** Something that the toolkit only observes. */
  async strand(plan: Plan, frame: Frame): Promise<unknown> {
    this.strands++;
    this.strandsStarted++;
    try {
      return await this.run(plan, frame);
    } finally {
      this.strands--;
    }
  }

  /** A signal now and then. */
  signal({ choice }: Plan): AbortSignal | undefined {
    if ((choice >> 4) % 4 !== 0) return undefined;
    const controller = new AbortController();
    this.controllers.push(controller);
    return controller.signal;
  }
}
