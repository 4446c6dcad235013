import { assertEquals } from "@std/assert";
import { linkSignal } from "../../lib/core/signal_link.ts";
import { countListeners } from "./count_listeners.ts";

Deno.test("linkSignal() tells all targets of the reason, in order", () => {
  const controller = new AbortController();
  const told: unknown[] = [];
  for (const name of ["a", "b"]) linkSignal(controller.signal, { abort: (reason) => told.push([name, reason]) });
  controller.abort("why");
  assertEquals(told, [["a", "why"], ["b", "why"]]);
});

Deno.test("linkSignal() puts one listener on a signal, however many links there are", () => {
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  const links = Array.from({ length: 1_000 }, () => linkSignal(signal, { abort() {} }));
  assertEquals(listeners, { now: 1, added: 1 });
  for (const link of links) link.unlink();
  assertEquals(listeners.now, 0);
});

Deno.test("SignalLink.unlink() spares its target, also while others are told", () => {
  const controller = new AbortController();
  const told: string[] = [];
  linkSignal(controller.signal, {
    abort() {
      told.push("first");
      second.unlink();
    },
  });
  const second = linkSignal(controller.signal, { abort: () => told.push("second") });
  linkSignal(controller.signal, { abort: () => told.push("third") });
  controller.abort();
  second.unlink();
  assertEquals(told, ["first", "third"]);
});

Deno.test("linkSignal() listens again after the last link was cut", () => {
  const controller = new AbortController();
  linkSignal(controller.signal, { abort() {} }).unlink();
  let told = false;
  linkSignal(controller.signal, { abort: () => told = true });
  controller.abort();
  assertEquals(told, true);
});
