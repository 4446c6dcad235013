import type { Bridged, ErrorEnvelope } from "../wire/protocol.ts";
import type { SendValue, WorkerBridge, WorkerCall, WorkerKit } from "./kit.ts";

/**
 * Part of the program inside a worker: functions, signals and buffers that cross the border. Arrives as text: may use
 * nothing outside of itself.
 */
export function workerBridge(kit: WorkerKit, send: SendValue): WorkerBridge {
  const { BRIDGED, From: { CALLBACK } } = kit.wire;
  let lastReply = 0;
  const replies = new Map<number, { call: WorkerCall; resolve(value: unknown): void; reject(error: unknown): void }>();
  const controllers = new Map<number, { call: WorkerCall; controller: AbortController }>();

  function callback(call: WorkerCall, id: number): (...args: unknown[]) => Promise<unknown> {
    return async (...args) => {
      if (call.ended) {
        throw new Error("Cannot call a function of the caller as the call that it was handed to has ended");
      }
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const reply = ++lastReply;
      send(args, "the arguments of a callback", (sent) => [CALLBACK, call.id, id, reply, sent as unknown[]]);
      replies.set(reply, { call, resolve, reject });
      return await promise;
    };
  }

  function signal(call: WorkerCall, { id, reason }: Bridged): AbortSignal {
    const controller = new AbortController();
    if (reason !== undefined) controller.abort(kit.decodeError(reason));
    else controllers.set(id, { call, controller });
    return controller.signal;
  }

  function unwrap(call: WorkerCall, value: unknown, seen: Set<unknown>): unknown {
    if (typeof value !== "object" || value === null || seen.has(value)) return value;
    const bridged = value as Partial<Bridged>;
    switch (bridged[BRIDGED]) {
      case "function":
        return callback(call, bridged.id!);
      case "signal":
        return signal(call, bridged as Bridged);
      case "checkpointSync":
        return () => call.checkpointSync();
      case "progress":
        return (value: unknown) => call.progress(value);
    }
    seen.add(value);
    if (Array.isArray(value)) {
      for (const [index, part] of value.entries()) value[index] = unwrap(call, part, seen);
    } else if (Object.getPrototypeOf(value) === Object.prototype) {
      const record = value as Record<string, unknown>;
      for (const key of Object.keys(record)) record[key] = unwrap(call, record[key], seen);
    }
    return value;
  }

  function transferables(value: unknown, onlyWhatMust: boolean): Transferable[] {
    const found = new Set<Transferable>();
    const seen = new Set<unknown>();
    const stack = [value];
    while (stack.length > 0) {
      const each = stack.pop();
      if (typeof each !== "object" || each === null || seen.has(each)) continue;
      seen.add(each);
      if (
        each instanceof ReadableStream || each instanceof WritableStream || each instanceof TransformStream ||
        each instanceof MessagePort
      ) found.add(each);
      else if (each instanceof ArrayBuffer) onlyWhatMust || found.add(each);
      else if (ArrayBuffer.isView(each)) {
        onlyWhatMust || !(each.buffer instanceof ArrayBuffer) || found.add(each.buffer);
      } else if (each instanceof Map) stack.push(...each.keys(), ...each.values());
      else if (Array.isArray(each) || each instanceof Set) { for (const part of each) stack.push(part); }
      else stack.push(...Object.values(each));
    }
    return [...found];
  }

  return {
    unwrap: (call, value) => unwrap(call, value, new Set()),
    reply(reply, succeeded, value) {
      const waiting = replies.get(reply);
      replies.delete(reply);
      if (succeeded) waiting?.resolve(value);
      else waiting?.reject(kit.decodeError(value as ErrorEnvelope));
    },
    abort(signal, reason) {
      controllers.get(signal)?.controller.abort(kit.decodeError(reason));
      controllers.delete(signal);
    },
    progress(call, value) {
      send(value, "the progress", (sent) => [CALLBACK, call.id, -1, -1, [sent]]);
    },
    cancelled(call) {
      for (const [reply, waiting] of replies) {
        if (waiting.call !== call) continue;
        replies.delete(reply);
        waiting.reject(call.reason);
      }
    },
    ended(call) {
      if (!call.extras.bridged) return;
      for (const [id, each] of controllers) each.call === call && controllers.delete(id);
      for (const [reply, each] of replies) each.call === call && replies.delete(reply);
    },
    transferables,
  };
}
