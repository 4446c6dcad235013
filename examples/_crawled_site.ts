// A site of two hosts for the crawler: twelve pages each that link to one another and to the other host. Each third page is
// busy when it is asked for the first time.

import { sleep } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

/** The site, and what it has seen of its visitors. */
export class CrawledSite implements AsyncDisposable {
  readonly #servers: Deno.HttpServer<Deno.NetAddr>[] = [1, 2].map(() =>
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => this.#answer(new URL(request.url)))
  );
  readonly #visitors = new Map<string, number>();
  readonly #asked = new Set<string>();
  /** The most that one host had to answer at a time. */
  most = 0;
  /** How many requests it refused. */
  refused = 0;

  /** Where to begin. */
  get start(): string {
    return this.#url(0, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server.shutdown();
  }

  async #answer({ host, pathname, href }: URL): Promise<Response> {
    const visitors = (this.#visitors.get(host) ?? 0) + 1;
    this.#visitors.set(host, visitors);
    this.most = Math.max(this.most, visitors);
    await sleep(5);
    this.#visitors.set(host, this.#visitors.get(host)! - 1);
    const page = Number(pathname.slice(1));
    if (page % 3 === 0 && !this.#asked.has(href)) {
      this.#asked.add(href);
      this.refused++;
      return new Response("busy", { status: 503, headers: { "retry-after": "0" } });
    }
    const links = [this.#url(0, page * 2 + 1), this.#url(1, page * 2 + 2)];
    return new Response(links.map((link) => `<a href="${link}">`).join("\n"));
  }

  #url(host: number, page: number): string {
    return `http://127.0.0.1:${this.#servers[host]!.addr.port}/${page % 12}`;
  }
}
