// More than 300 lines, as the streams of a process, its end and its pipeline all have to agree on when that end is.

import { CancelledError, type Stopped, TimeoutError } from "../errors.ts";
import { currentScope } from "../core/ambient.ts";
import { checkCount, checkMs } from "../core/checks.ts";
import { noteStopped } from "../core/cancellation.ts";
import { LONGEST_DELAY, realTime } from "../core/platform.ts";
import type { Scope } from "../core/scope.ts";
import { throwIfRefused } from "../core/waiter.ts";
import { spawn } from "../tasks/create_task.ts";
import { gather } from "../tasks/gather.ts";
import { race } from "../tasks/race.ts";
import { shield } from "../tasks/shield.ts";
import type { Task } from "../tasks/task.ts";
import { timeout } from "../tasks/timeout.ts";
import { ClockHold } from "./clock_hold.ts";
import { Collected, TooMuch } from "./collected.ts";
import { checkCommand, launch } from "./command.ts";
import { type Feeding, feedingOf } from "./feed.ts";
import { InputPipe } from "./input_pipe.ts";
import { OutputPipe } from "./output_pipe.ts";
import type { ProcessOptions, ProcessStatus } from "./options.ts";
import { ProcessGroup } from "./process_group.ts";
import { exitError, ProcessError, tailOf } from "./process_error.ts";
import { ProcessWait } from "./process_wait.ts";
import { type AnyOutput, type Sink, sinkOf } from "./sink.ts";
import { watchOver } from "./watchdog.ts";

const GRACE = 5_000;
const MAX_BUFFER = 100 * 1024 * 1024;

/** The two that a process writes to. */
export type OutputName = "stdout" | "stderr";

/** The options of a process whose outputs may be collected, too. */
export interface RunOptions extends Omit<ProcessOptions, OutputName> {
  stdout?: AnyOutput | undefined;
  stderr?: AnyOutput | undefined;
  /** Whether they may be. */
  collects?: boolean;
}

/** An output of a process that this program reads. */
interface Output {
  readonly name: OutputName;
  readonly pipe: OutputPipe;
  /** What reads it; `null` when that is left to whoever started the process. */
  readonly sink: Sink | null;
}

/** A process from its start to its end: it is launched, fed and read, ended when its owner is, and seen to be gone. */
export class ProcessRun {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly pid: number;
  readonly maxBuffer: number;
  /** What is written to it by hand. */
  readonly input: InputPipe | null;
  readonly #outputs: readonly Output[];
  readonly #collected: Readonly<Record<OutputName, Collected>>;
  readonly #feeding: Feeding | null;
  #isFed: boolean;
  readonly #grace: number;
  readonly #group: ProcessGroup;
  readonly #hold: ClockHold;
  /** The end of the process itself, whatever else is still to be seen to. */
  readonly #exit: Promise<ProcessStatus>;
  #exitedAt = Infinity;
  /** That it is gone, with all that it had started; and why, if it was ended. */
  readonly #gone = Promise.withResolvers<{ error: unknown } | null>();
  #isEnding = false;
  #isWatched = false;
  readonly #outcome = Promise.withResolvers<ProcessStatus>();
  #hasOutcome = false;
  /** Ends after all of that, and once its pipes have been read. */
  readonly #task: Task<void>;
  #scope: Scope;
  /** In a pipeline: the one that it reads, and whether another one reads it. */
  readonly #before: ProcessRun | null;
  #isRead = false;
  /** Whether it was ended as nobody read it any more. */
  #isDropped = false;

  constructor(command: string, args: readonly string[], options: RunOptions, before: ProcessRun | null = null) {
    const { stdin = "null", stdout = "piped", stderr = "inherit", timeout: ms = Infinity, signal } = options;
    const { grace = GRACE, maxBuffer = MAX_BUFFER } = options;
    this.command = checkCommand(command, args);
    checkMs(`start "${command}"`, ms);
    checkMs(`start "${command}"`, grace);
    checkCount(`start "${command}"`, "maxBuffer", maxBuffer);
    const scope = this.#scope = currentScope();
    throwIfRefused(scope, signal);
    this.#grace = grace;
    this.maxBuffer = maxBuffer;
    this.#before = before;
    this.#collected = { stdout: new Collected(maxBuffer), stderr: new Collected(maxBuffer) };
    const opened = new DisposableStack();
    let child: Deno.ChildProcess;
    try {
      const feeding = this.#feeding = feedingOf(command, stdin);
      if (feeding !== null) opened.defer(() => feeding.discard());
      const sinks = ([["stdout", stdout], ["stderr", stderr]] as const).map(([name, way]) => {
        const sink = sinkOf(command, name, way, options.collects ? this.#collected[name] : null);
        if (sink !== null) opened.defer(() => sink.discard());
        return { name, way, sink };
      });
      child = launch(this.command, options, {
        stdin: feeding === null ? stdin as "null" | "inherit" | "piped" : "piped",
        stdout: forPlatform(stdout),
        stderr: forPlatform(stderr),
      });
      this.#outputs = sinks.filter(({ way }) => forPlatform(way) === "piped").map(({ name, sink }) => ({
        name,
        sink,
        pipe: this.#pipe(child[name], sink),
      }));
    } catch (error) {
      opened.dispose();
      throw error;
    }
    this.pid = child.pid;
    this.#exit = child.status.then(({ code, signal }) => {
      this.#exitedAt = realTime.now();
      return { code, signal };
    });
    this.#group = new ProcessGroup(child, this.#exit);
    this.#hold = new ClockHold(scope.clock);
    this.input = stdin === "piped"
      ? new InputPipe(child.stdin, () => this.#lookAtClock(), () => this.#whyEnded())
      : null;
    this.#isFed = this.#feeding === null;
    this.#outcome.promise.catch(() => {});
    const forget = watchOver(this.pid, grace);
    // The platform has started it, so the task has begun as well: one that never did could not end it.
    this.#task = spawn(scope, () => this.#live(child, ms, signal, forget), { name: this.name, eager: true });
  }

  /** The program, without its folder. */
  get name(): string {
    return this.command[0]!.split(/[/\\]/).at(-1) || this.command[0]!;
  }

  /** The pipe of an output that is left to whoever started the process. */
  pipeOf(name: OutputName): OutputPipe {
    const output = this.#outputs.find((each) => each.name === name && each.sink === null);
    if (output === undefined) throw this.notPiped(name);
    return output.pipe;
  }

  notPiped(name: string): TypeError {
    return new TypeError(`Cannot use ${name} of "${this.name}" as it is not "piped": see the option ${name}`);
  }

  collected(name: OutputName): Collected {
    return this.#collected[name];
  }

  /** Wait for the end of all of it, in `scope`. */
  status(scope: Scope, signal?: AbortSignal): Promise<ProcessStatus> {
    this.#markHandled();
    return new ProcessWait(scope, this.#itsEnd, this.#outcome.promise, signal).promise;
  }

  kill(signal: Deno.Signal): boolean {
    return this.#group.signal(signal);
  }

  /** End it in good order, in any scope, and those before it in a pipeline; that is no error for those who wait for it. */
  async stop(): Promise<Stopped | undefined> {
    const hadEnded = this.#hasOutcome;
    const earlier = this.#earlier.map((run) => {
      run.#isDropped = true;
      return run.#group.end(run.#grace);
    });
    const stopped = await shield(() => this.#group.end(this.#grace));
    await shield(() => Promise.all(earlier));
    await shield(() => this.#gone.promise);
    this.#endPipes(null);
    await this.#task.settled();
    return hadEnded ? undefined : stopped;
  }

  /** Start a process that reads what this one writes. */
  pipeTo(command: string, args: readonly string[], options: RunOptions): ProcessRun {
    const stdin = this.pipeOf("stdout").readable;
    try {
      const next = new ProcessRun(command, args, { ...options, stdin }, this);
      this.#isRead = true;
      return next;
    } catch (error) {
      for (const run of this.pipeline) run.#task.cancel(`"${command}", which was to read it, could not be started`);
      throw error;
    }
  }

  /**
   * The error of the first of its pipeline that has failed, if one has: of those before it, or of itself as well. One that
   * SIGPIPE has ended did not fail: those who read it had enough.
   */
  async firstFailure(withItself: boolean): Promise<ProcessError | null> {
    const runs = withItself ? [this, ...this.#earlier] : this.#earlier;
    for (const run of runs.sort((a, b) => a.#exitedAt - b.#exitedAt)) {
      const status = await run.#exit;
      if (status.code === 0 || run.#isDropped || (run.#isRead && isBrokenPipe(status))) continue;
      return exitError(run.command, status, run.#collected.stderr.text);
    }
    return null;
  }

  /** Those before it in its pipeline, from the first. */
  get #earlier(): ProcessRun[] {
    const earlier: ProcessRun[] = [];
    for (let each = this.#before; each !== null; each = each.#before) earlier.unshift(each);
    return earlier;
  }

  /** All of its pipeline, up to itself, from the first. */
  get pipeline(): ProcessRun[] {
    return [...this.#earlier, this];
  }

  /** Its error, should there be one, is told to those who ask for the status, or read. */
  #markHandled(): void {
    this.#task.then(undefined, () => {});
  }

  get #itsEnd(): string {
    return `the end of ${this.name} (pid ${this.pid})`;
  }

  async #live(
    child: Deno.ChildProcess,
    ms: number,
    signal: AbortSignal | undefined,
    forget: () => Promise<void>,
  ): Promise<void> {
    this.#scope = currentScope();
    this.#lookAtClock();
    try {
      const status = await timeout(ms, () => this.#runToEnd(child), { signal });
      if (!this.#isRead) await gather(this.#earlier.map((run) => () => run.#endWithReader()));
      await shield(forget);
      this.#conclude(() => this.#outcome.resolve(status));
    } catch (thrown) {
      if (!this.#isWatched) await this.#endUnwatched(child, thrown);
      const error = thrown instanceof TooMuch ? await this.#tooMuch() : thrown;
      await shield(forget);
      this.#conclude(() => this.#outcome.reject(error));
      this.#endPipes({ error });
      this.input?.end(error);
      await this.#endEarlier();
      throw error;
    } finally {
      this.input?.end(new TypeError(`Cannot write to "${this.name}" as it has ended`));
      await this.#untilRead();
      this.#hold.release();
    }
  }

  /** Say how it has ended. */
  #conclude(settle: () => void): void {
    this.#hasOutcome = true;
    settle();
    this.#lookAtClock();
  }

  /** Have it fed and read until it has ended. Whatever fails among that ends the rest. */
  async #runToEnd(child: Deno.ChildProcess): Promise<ProcessStatus> {
    const runs: (() => Promise<unknown>)[] = [() => this.#untilGone()];
    if (this.#feeding !== null) runs.push(() => this.#feed(this.#feeding!, child.stdin));
    for (const { pipe, sink } of this.#outputs) if (sink !== null) runs.push(() => this.#drain(pipe, sink));
    return (await gather(runs))[0] as ProcessStatus;
  }

  async #untilGone(): Promise<ProcessStatus> {
    this.#isWatched = true;
    let why: { error: unknown } | null = null;
    try {
      const status = await this.#untilExit();
      // Its end is the end of what it has started. Children in groups of their own are looked for only if somebody is left in
      // its own: to look takes longer than many a program.
      if (!this.#group.isGone) await shield(() => this.#group.end(this.#grace));
      return status;
    } catch (error) {
      why = { error };
      this.#isEnding = true;
      this.#lookAtClock();
      const stopped = await shield(() => this.#group.end(this.#grace));
      if (error instanceof CancelledError) noteStopped(error, stopped);
      throw error;
    } finally {
      this.#gone.resolve(why);
      for (const { pipe } of this.#outputs) pipe.cutOffAfter(this.#grace);
    }
  }

  /** Cancelled before anything above started: clean up here. */
  async #endUnwatched(child: Deno.ChildProcess, error: unknown): Promise<void> {
    this.#isEnding = true;
    const stopped = await shield(() => this.#group.end(this.#grace));
    const cancelled = error instanceof TimeoutError ? error.cause : error;
    if (cancelled instanceof CancelledError) noteStopped(cancelled, stopped);
    this.#gone.resolve({ error });
    if (this.#feeding !== null) {
      this.#feeding.discard();
      child.stdin.abort().catch(() => {});
    }
    for (const { pipe, sink } of this.#outputs) {
      sink?.discard();
      pipe.end({ error });
    }
  }

  #untilExit(): Promise<ProcessStatus> {
    return new ProcessWait(currentScope(), this.#itsEnd, this.#exit).promise;
  }

  /** A process that has ended reads no more, whatever is still to come. */
  async #feed(feeding: Feeding, stdin: WritableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    await race(() => this.#untilExit(), () => feeding.feed(stdin));
    this.#isFed = true;
    this.#lookAtClock();
  }

  async #drain(pipe: OutputPipe, sink: Sink): Promise<void> {
    const draining = sink.drain(pipe);
    draining.catch(() => {});
    try {
      await new ProcessWait(currentScope(), `what ${this.name} (pid ${this.pid}) writes`, draining).promise;
    } catch (error) {
      // What it writes while it is being ended is still taken.
      if (currentScope().error !== null) await shield(() => this.#gone.promise);
      if (currentScope().error !== null && sink.isOwn) pipe.cutOffAfter(0);
      else pipe.end({ error });
      if (sink.isOwn) await shield(() => draining.catch(() => {}));
      throw error;
    }
  }

  /** Those who read its pipes may do so after its end, for as long as its owner lives. */
  async #untilRead(): Promise<void> {
    try {
      for (const { pipe, sink } of this.#outputs) {
        if (sink !== null) continue;
        await new ProcessWait(currentScope(), `a reader of what ${this.name} wrote`, pipe.drained).promise;
      }
    } catch {
      // That is no failure of the process.
    } finally {
      this.#endPipes(null);
    }
  }

  #endPipes(why: { error: unknown } | null): void {
    for (const { pipe, sink } of this.#outputs) if (sink === null) pipe.end(why);
  }

  /** Nobody reads it any more, so it ends with the next that it writes. If that takes too long, it is ended. */
  async #endWithReader(): Promise<void> {
    const patience = Promise.withResolvers<"over">();
    const timer = realTime.setTimeout(patience.resolve, Math.min(this.#grace, LONGEST_DELAY), "over" as const);
    try {
      const first = Promise.race([this.#outcome.promise, patience.promise]);
      if (await new ProcessWait(currentScope(), this.#itsEnd, first).promise !== "over") return;
    } finally {
      realTime.clearTimeout(timer);
    }
    this.#isDropped = true;
    await this.stop();
  }

  /** End those before it, as it has failed. */
  async #endEarlier(): Promise<void> {
    const earlier = this.#earlier;
    if (earlier.length === 0) return;
    for (const run of earlier) run.#task.cancel(`"${this.name}", which reads it, has failed`);
    await shield(async () => {
      for (const run of earlier) await run.#task.settled();
    });
  }

  async #tooMuch(): Promise<ProcessError> {
    const { code, signal } = await this.#exit;
    const name = this.#outputs.find(({ name }) => this.#collected[name].isTooMuch)?.name;
    return new ProcessError(
      `"${this.name}" wrote more than ${this.maxBuffer} bytes to ${name}: take them as they come, with "piped", or ` +
        `raise maxBuffer`,
      { command: this.command, code, signal, stderr: tailOf(this.#collected.stderr.text) },
    );
  }

  #pipe(source: ReadableStream<Uint8Array<ArrayBuffer>>, sink: Sink | null): OutputPipe {
    const isEnding = () => this.#isEnding || this.#scope.error !== null;
    return new OutputPipe(source, {
      get isEnding() {
        return isEnding();
      },
      whyEnded: async () => {
        // A file, or what is collected, has all there was.
        if (!this.#isEnding || sink?.isOwn) return null;
        // The outcome waits for what is taken by itself.
        return sink === null ? await this.#whyEnded() : await this.#gone.promise;
      },
      onReading: () => this.#lookAtClock(),
    });
  }

  /** What those who read or write by hand are told, once that is known; `null` for an end like any other. */
  async #whyEnded(): Promise<{ error: unknown } | null> {
    if (!this.#isEnding) return null;
    this.#markHandled();
    return await this.#outcome.promise.then(() => null, (error) => ({ error }));
  }

  /** Virtual time stands still while the process works, and not while it may be waiting for this program. */
  #lookAtClock(): void {
    if (!this.#hold.matters) return;
    const pipes = this.#outputs.map(({ pipe }) => pipe);
    if (this.#hasOutcome) {
      if (pipes.some((pipe) => pipe.isReading)) this.#hold.hold(false);
      else this.#hold.release();
    } else {
      const isLive = this.input?.isOpen || (this.#feeding?.isLive && !this.#isFed);
      this.#hold.hold(!this.#isEnding && (isLive || pipes.some((pipe) => !pipe.isReading && !pipe.isEnded)));
    }
  }
}

/** What the platform is to make of it. */
function forPlatform(way: AnyOutput): "null" | "inherit" | "piped" {
  return way === "null" || way === "inherit" ? way : "piped";
}

/** A shell gives the number of the signal that has ended its process, plus 128. */
function isBrokenPipe({ code, signal }: ProcessStatus): boolean {
  return signal === "SIGPIPE" || code === 141;
}
