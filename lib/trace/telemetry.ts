import { type Instrument, type ScopeView, watch } from "../core/instrument.ts";
import {
  SPAN_KEY,
  type Telemetry,
  telemetry,
  type TelemetryContext,
  type TelemetrySpan,
  type Tracer,
} from "../core/telemetry.ts";
import { TaskScope } from "../tasks/task_scope.ts";
import { withoutNumber } from "./analyse/mod.ts";

/** Where a context has the span of the task that it was made for. */
const OURS = Symbol("task span");

/** The status of a span that has failed. */
const ERROR = 2;

/** A span that has not ended, and the context of the code in it. */
interface OpenSpan {
  readonly span: TelemetrySpan;
  readonly context: TelemetryContext;
}

/** Make each task a span of OpenTelemetry from now on, where that is on. Returns the function that ends it. */
export function exportToTelemetry(): () => void {
  const api = telemetry();
  return api === undefined ? () => {} : watch(new TelemetryExport(api));
}

class TelemetryExport implements Instrument {
  readonly #api: Telemetry;
  readonly #tracer: Tracer;
  readonly #open = new Map<ScopeView, OpenSpan>();

  constructor(api: Telemetry) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("@asyncio/toolkit");
  }

  created(scope: ScopeView): void {
    if (scope.kind !== "task") return;
    const parent = this.#contextFor(scope);
    const span = this.#tracer.startSpan("task", { attributes: { "asyncio.task.id": scope.id } }, parent);
    this.#open.set(scope, { span, context: parent.setValue(SPAN_KEY, span).setValue(OURS, span) });
  }

  entering<R>(scope: ScopeView, call: () => R): R {
    const open = this.#open.get(scope);
    return open === undefined ? call() : this.#api.context.with(open.context, call);
  }

  settled(scope: ScopeView): void {
    const open = this.#open.get(scope);
    if (open === undefined) return;
    this.#open.delete(scope);
    const { span } = open;
    // Spans of one name are counted together: a number in it would make each its own.
    span.updateName(withoutNumber(scope.name));
    span.setAttribute("asyncio.task.name", scope.name);
    if (scope instanceof TaskScope) {
      span.setAttribute("asyncio.task.state", scope.state);
      if (scope.state === "failed") {
        span.recordException(scope.failure);
        span.setStatus({ code: ERROR, message: messageOf(scope.failure) });
      }
    }
    span.end();
  }

  /** What a new span belongs to: the task around it, unless a span of somebody else's was begun inside that. */
  #contextFor(scope: ScopeView): TelemetryContext {
    const active = this.#api.context.active();
    const foreign = active.getValue(SPAN_KEY) !== active.getValue(OURS);
    if (foreign) return active;
    for (let each = scope.parent; each !== null; each = each.parent) {
      const open = this.#open.get(each);
      if (open !== undefined) return open.context;
    }
    return active;
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "an error without a text";
  }
}
