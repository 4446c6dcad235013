import { assertEquals } from "@std/assert";
import { diskError } from "../../../lib/download/disk/disk_error.ts";

Deno.test("diskError() tells what passes by itself from what does not", () => {
  const of = (code: string) => diskError(Object.assign(new Error("(os error 0): open 'x'"), { code }), "write x");
  for (const code of ["EMFILE", "ENFILE"]) {
    assertEquals([of(code).message, of(code).retriable], ["Cannot write x: too many files are open", true]);
  }
  for (const code of ["EACCES", "ENOSPC", "EISDIR"]) assertEquals(of(code).retriable, false);
});
