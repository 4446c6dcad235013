import { assertEquals } from "@std/assert";
import { Pieces } from "../../../lib/download/plan/pieces.ts";

Deno.test("Pieces are taken in order, each once, the last one shorter", () => {
  const pieces = new Pieces(25, { size: 10, done: [] });
  assertEquals(pieces.take(), { number: 0, first: 0, last: 9 });
  assertEquals(pieces.take(), { number: 1, first: 10, last: 19 });
  assertEquals(pieces.take(), { number: 2, first: 20, last: 24 });
  assertEquals(pieces.take(), undefined);
});

Deno.test("Pieces know what is there, and pass over it", () => {
  const pieces = new Pieces(25, { size: 10, done: [2, 0, 7] });
  assertEquals(pieces.received, 15);
  const piece = pieces.take()!;
  assertEquals(piece.number, 1);
  assertEquals(pieces.complete, false);
  pieces.finish(piece);
  assertEquals(pieces.complete, true);
  assertEquals(pieces.state, { size: 10, done: [0, 1, 2] });
});

Deno.test("Pieces of a file that is all there lack the last one, so that it is asked for", () => {
  assertEquals(new Pieces(20, { size: 10, done: [0, 1] }).take()?.number, 1);
});
