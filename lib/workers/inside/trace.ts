import type { Telemetry, TraceContext } from "../../core/telemetry.ts";

/**
 * Part of the program inside a worker: call `fn` inside the caller's span, so that what it starts shows as part of that.
 * Arrives as text: may use nothing outside of itself.
 */
export function workerTrace<R>(trace: TraceContext, fn: () => R): R {
  const scope = globalThis as unknown as Record<symbol, Telemetry | undefined>;
  const api = scope[Symbol.for("opentelemetry.js.api.1")];
  if (api === undefined) return fn();
  const caller = { spanContext: () => ({ ...trace, isRemote: true }), isRecording: () => false };
  return api.context.with(api.context.active().setValue(Symbol.for("OpenTelemetry Context Key SPAN"), caller), fn);
}
