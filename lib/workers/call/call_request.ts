import type { ErrorClass } from "./call_error.ts";
import type { FunctionSource } from "./function_source.ts";
import type { TraceContext } from "../../core/telemetry.ts";

/** What a call is made with. */
export interface CallRequest {
  readonly source: FunctionSource;
  readonly args: readonly unknown[];
  readonly transfer: Transferable[] | undefined;
  readonly transferResult: boolean;
  readonly timeout: number | undefined;
  readonly queueTimeout: number | undefined;
  readonly grace: number;
  readonly name: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** How many values of a generator may be under way. */
  readonly stream: number | undefined;
  /** Told of its progress. */
  readonly onProgress: ((value: unknown) => void) | undefined;
  /** The span that it was made in, where the program is traced. */
  readonly trace: TraceContext | undefined;
  /** Classes that its errors may have, besides those that there are. */
  readonly errors: readonly ErrorClass[];
  /** Where the call was made, for the stack of its error. */
  readonly site: Error | undefined;
}

/** Whether it can be sent ahead, and taken back: it is small, and its time does not run yet. */
export function isLight({ timeout, queueTimeout, transfer, stream, args }: CallRequest): boolean {
  if (timeout !== undefined || queueTimeout !== undefined || transfer !== undefined || stream !== undefined) {
    return false;
  }
  for (const arg of args) {
    if ((typeof arg === "object" && arg !== null) || typeof arg === "function") return false;
    if (typeof arg === "string" && arg.length > 1_000) return false;
  }
  return true;
}
