/**
 * Events and streams of items, as loops that end with the code around them.
 *
 * Each is an async iterable that is pulled: it takes from its source only what the loop has asked for, or what its buffer has
 * room for, and closes the source when the loop is left, when the task around is cancelled, and when the source fails.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { timeout } from "@asyncio/toolkit";
 * import { events } from "@asyncio/toolkit/flow";
 *
 * const channel = new MessageChannel();
 * const messages = events(channel.port2, "message");
 * channel.port2.start();
 * channel.port1.postMessage("hello");
 *
 * const first = await timeout(1_000, () => messages.next());
 * assertEquals(first.value?.data, "hello");
 * messages.return();
 * channel.port1.close();
 * channel.port2.close();
 * ```
 *
 * @module
 */

export { batch, type BatchOptions } from "./batch.ts";
export { buffer } from "./buffer.ts";
export { debounce } from "./debounce.ts";
export { type EventOf, events, type EventsOptions, type EventStream } from "./events.ts";
export type { Emitter } from "./listening.ts";
export type { Source } from "./inlet.ts";
export { lines, type LinesOptions, type LineSource } from "./lines.ts";
export { merge } from "./merge.ts";
export { throttle } from "./throttle.ts";
export { zip } from "./zip.ts";
