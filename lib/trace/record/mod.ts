/** Writes down what happens, while it happens: plain data, that keeps nothing alive. */

export type { WaitKind } from "../../core/instrument.ts";
export {
  type Interval,
  type Recorded,
  type SpanState,
  TOP,
  type TraceRun,
  type TraceSpan,
  type TraceStall,
  type TraceWait,
} from "./recorded.ts";
export { Recorder } from "./recorder.ts";
