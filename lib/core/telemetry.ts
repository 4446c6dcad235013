/**
 * OpenTelemetry, as far as the toolkit uses it: with `OTEL_DENO=true` the runtime puts its API where every library of it
 * looks, so that no dependency is needed. Here are the agreements of all its versions, each written once.
 */

/** The API. */
export interface Telemetry {
  readonly trace: { getTracer(name: string): Tracer };
  readonly context: {
    active(): TelemetryContext;
    with<R>(context: TelemetryContext, fn: () => R): R;
  };
}

/** What spans are begun with. */
export interface Tracer {
  startSpan(
    name: string,
    options: { attributes: Record<string, string | number> },
    context: TelemetryContext,
  ): TelemetrySpan;
}

/** What travels with the continuations of code: among other things, the span that it is in. */
export interface TelemetryContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): TelemetryContext;
}

/** A span that has not ended. */
export interface TelemetrySpan {
  spanContext(): TraceContext;
  updateName(name: string): void;
  setAttribute(key: string, value: string): void;
  setStatus(status: { code: number; message?: string }): void;
  recordException(error: unknown): void;
  end(): void;
}

/** The identity of a span, as it travels into workers. */
export interface TraceContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/** Where the API is. */
const API = Symbol.for("opentelemetry.js.api.1");

/** Where a context has the span that it is in. */
export const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** The API, or `undefined` where nothing is traced. */
export function telemetry(): Telemetry | undefined {
  const api = (globalThis as unknown as Record<symbol, Partial<Telemetry> | undefined>)[API];
  const isThere = typeof api?.trace?.getTracer === "function" && typeof api.context?.with === "function";
  return isThere ? api as Telemetry : undefined;
}

/** Looked up once: whoever is not traced pays nothing at each call. */
const atStart = telemetry();

/** The span that the calling code is in, or `undefined`. Free of cost where nothing is traced. */
export function traceContext(): TraceContext | undefined {
  if (atStart === undefined) return undefined;
  const span = atStart.context.active().getValue(SPAN_KEY) as TelemetrySpan | undefined;
  if (span === undefined) return undefined;
  const { traceId, spanId, traceFlags } = span.spanContext();
  return { traceId, spanId, traceFlags };
}
