import { CancelledError, InvalidStateError, TaskGroupError, TimeoutError } from "../../errors.ts";
import { realTime } from "../../core/platform.ts";
import { decodeError, type ErrorFactory } from "../inside/error_codec.ts";
import type { ErrorEnvelope } from "../wire/protocol.ts";
import {
  WorkerClosureError,
  WorkerCrashedError,
  WorkerDataError,
  WorkerError,
  WorkerExitedError,
  WorkerLoadError,
  WorkerOutOfMemoryError,
  WorkerPoolError,
} from "./worker_error.ts";
import type { FunctionSource } from "./function_source.ts";

/** The toolkit's own classes, for what the toolkit threw inside a worker. */
const FACTORIES: Record<string, ErrorFactory> = {
  CancelledError: (message) => new CancelledError(message),
  TimeoutError: (message) => new TimeoutError(message),
  WorkerTimeoutError: (message) => new TimeoutError(message),
  InvalidStateError: (message) => new InvalidStateError(message),
  TaskGroupError: (message, errors) => new TaskGroupError(errors, message),
  WorkerError: (message) => new WorkerError(message),
  WorkerCrashedError: (message) => new WorkerCrashedError(message),
  WorkerPoolError: (message) => new WorkerPoolError(message),
  WorkerExitedError: (message, _, { code }) => new WorkerExitedError(message, code as number | undefined),
};

/** A class of errors. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/**
 * What an error looks like here that was thrown in a worker, by the function called `name`.
 *
 * @param site Where the function was called.
 * @param errors Classes that it may be of, besides those that there are.
 */
export function callError(
  envelope: ErrorEnvelope,
  name: string,
  site: Error | undefined,
  errors: readonly ErrorClass[],
): unknown {
  const classes = new Map(errors.map((each) => [each.name, each as unknown as ErrorConstructor]));
  switch (envelope.as) {
    case "closure":
      return located(new WorkerClosureError(name, envelope.about!, { cause: decodeError(envelope) }), site);
    case "clone":
      return located(new WorkerDataError(envelope.about!, envelope.message!), site);
    case "relative":
      return located(
        new WorkerLoadError(
          `Cannot import a relative module from ${
            name === "" ? "a function" : `function ${name}`
          } that runs in a worker, ` +
            `as its source has no place there: pass new URL("./module.ts", import.meta.url).href as an argument and ` +
            `import that, or call the functions of the module with workerModule()`,
          { cause: decodeError(envelope) },
        ),
        site,
      );
    case "load":
    case "export": {
      const cause = decodeError(envelope, FACTORIES, classes);
      const what = envelope.about!.startsWith("data:") ? `function ${name || "(unnamed)"}` : envelope.about!;
      const message = `Cannot load ${what} into a worker: ${cause instanceof Error ? cause.message : String(cause)}`;
      return located(new WorkerLoadError(message, { cause }), site);
    }
  }
  const error = decodeError(envelope, FACTORIES, classes);
  if (error instanceof Error) extend(error, site);
  return error;
}

/** Let `error`, made just now, say where the call was made. */
export function located<E extends Error>(error: E, site: Error | undefined): E {
  const frames = framesOf(site);
  if (frames !== null) setStack(error, `${error.name}: ${error.message}\n${frames}`);
  return error;
}

/** Have the frames of the worker followed by those of the caller. */
function extend(error: Error, site: Error | undefined): void {
  const frames = framesOf(site);
  if (frames !== null) setStack(error, `${error.stack}\n${frames}`);
}

/** The floor of workers, with all of its rooms; `null` in a bundle, where the caller's code has the same address, or none. */
const HERE = /^.*\/workers\/(?=call\/call_error\.[jt]s$)/.exec(import.meta.url ?? "")?.[0] ?? null;

/** The frames of the caller; `null` where they are not known as text: `Error.prepareStackTrace` may make anything of them. */
function framesOf(site: Error | undefined): string | null {
  let stack: unknown;
  try {
    stack = site?.stack;
  } catch {
    return null;
  }
  if (typeof stack !== "string") return null;
  // Neither the frames of this floor nor those of the runtime say anything to the caller.
  return stack.split("\n").filter((line) =>
    line.startsWith("    at ") && !(HERE !== null && line.includes(HERE)) && !/\(?ext:/.test(line)
  ).join("\n");
}

function setStack(error: Error, stack: string): void {
  Object.defineProperty(error, "stack", { value: stack.trimEnd(), writable: true, configurable: true });
}

/** The error of a call whose worker has ended under it. `exit` is what the worker announced, if it did. */
export function exitError(
  name: string,
  code: number | undefined,
  error: unknown,
  exit: { code: number; how: string } | null,
): WorkerError {
  const what = `worker call "${name}"`;
  if (
    error instanceof WorkerOutOfMemoryError ||
    (error as { code?: string } | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY"
  ) {
    return new WorkerOutOfMemoryError(`Worker ran out of memory during ${what}`, { cause: error });
  }
  if (error !== undefined) return new WorkerCrashedError(`Worker crashed during ${what}`, { cause: error });
  const found = code ?? exit?.code;
  const how = exit === null ? "" : `, by ${exit.how}`;
  return new WorkerExitedError(`Worker exited with code ${found ?? "unknown"} during ${what}${how}`, found);
}

/** Milliseconds for which what was seen is taken to hold. */
const FRESH = 1;

let last: { source: FunctionSource; site: Error; until: number } | null = null;

/**
 * Where the calling code called this package, as the stack of an error.
 *
 * Looking takes longer than all the rest of making a call. So calls of one function that follow each other within a
 * millisecond share what was seen for the first: nearly always a loop, or a function that is called from a single place.
 */
export function callSite(source: FunctionSource): Error {
  const now = realTime.now();
  if (last !== null && last.source === source && now < last.until) return last.site;
  const site = {} as Error;
  Error.captureStackTrace(site, callSite);
  last = { source, site, until: now + FRESH };
  return site;
}
