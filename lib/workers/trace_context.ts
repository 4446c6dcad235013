/**
 * The span that the calling code is in, if the program is traced: with `OTEL_DENO=true` the runtime puts OpenTelemetry's
 * API where this finds it, so that spans which are started inside a worker become children of the caller's.
 */

/** The identity of a span, as it travels. */
export interface TraceContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

/** OpenTelemetry's API, as far as it is used here. */
interface OpenTelemetry {
  context: { active(): { getValue(key: symbol): { spanContext(): TraceContext } | undefined } };
}

/** The key that every version of the API has for the active span. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

const api = (globalThis as unknown as Record<symbol, OpenTelemetry | undefined>)[Symbol.for("opentelemetry.js.api.1")];

/** The span that the calling code is in, or `undefined`. Free of cost where nothing is traced. */
export function traceContext(): TraceContext | undefined {
  if (api === undefined) return undefined;
  const context = api.context.active().getValue(SPAN)?.spanContext();
  if (context === undefined) return undefined;
  const { traceId, spanId, traceFlags } = context;
  return { traceId, spanId, traceFlags };
}
