import { assertEquals } from "@std/assert";
import { proxyFor } from "../../../lib/download/http/send.ts";

Deno.test("proxyFor() names the proxy that the environment tells of, without what gives access to it", () => {
  const proxy = (url: string, variables: Record<string, string>) => proxyFor(new URL(url), (name) => variables[name]);
  const http = { http_proxy: "http://me:secret@proxy.test:3128" };
  assertEquals(proxy("http://host.test/a", http), "proxy.test:3128");
  assertEquals(proxy("https://host.test/a", http), undefined);
  assertEquals(proxy("https://host.test/a", { ALL_PROXY: "me:secret@proxy.test:1" }), "proxy.test:1");
  assertEquals(proxy("http://host.test/a", { HTTPS_PROXY: "socks5://proxy.test:1" }), undefined);
  for (const NO_PROXY of ["*", "host.test", "other.test, .test", "*.test"]) {
    assertEquals(proxy("http://host.test/a", { ...http, NO_PROXY }), undefined, NO_PROXY);
  }
  assertEquals(proxy("http://127.0.0.1/a", { ...http, no_proxy: "127.0.0.0/8" }), undefined);
  assertEquals(proxy("http://host.test/a", { ...http, no_proxy: "st.test" }), "proxy.test:3128");
});
