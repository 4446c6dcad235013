import { deadlineOf } from "../../tasks/timeout.ts";
import type { Call } from "./call.ts";
import type { CallExtras } from "../wire/protocol.ts";

/** What only some calls need, or `undefined`. */
export function extrasOf(call: Call): CallExtras | undefined {
  const { request, scope } = call;
  let extras: CallExtras | undefined;
  if (request.stream !== undefined) (extras ??= {}).stream = request.stream;
  if (request.transferResult) (extras ??= {}).transferResult = true;
  if (call.bridge !== null) (extras ??= {}).bridged = true;
  if (request.name !== undefined) (extras ??= {}).name = request.name;
  if (request.trace !== undefined) (extras ??= {}).trace = request.trace;
  const deadline = Math.min(call.due, deadlineOf(scope));
  if (deadline !== Infinity) (extras ??= {}).deadline = Date.now() + deadline - scope.clock.now();
  return extras;
}
