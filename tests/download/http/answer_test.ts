import { assertEquals } from "@std/assert";
import { isTransient } from "../../../lib/download/http/answer.ts";

Deno.test("isTransient() takes what may be over the next time, and a refusal that says when", () => {
  const passing = (status: number, headers: HeadersInit = {}) => isTransient(new Response(null, { status, headers }));
  for (const status of [408, 425, 429, 500, 502, 503, 504, 599]) assertEquals(passing(status), true, `${status}`);
  for (const status of [300, 400, 401, 403, 404, 410, 416, 451]) assertEquals(passing(status), false, `${status}`);
  assertEquals([passing(403, { "retry-after": "5" }), passing(200, { "retry-after": "5" })], [true, false]);
});
