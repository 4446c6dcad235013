/** A server that does what it is asked to by the path, and tells when a request has come, and when its client has gone. */
export class OddServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #came = new Moments();
  readonly #gone = new Moments();
  readonly #over = Promise.withResolvers<void>();
  /** How many requests have come. */
  requests = 0;

  constructor() {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => this.#answer(request));
  }

  /** The address of a path. */
  url(path: string): string {
    return `http://127.0.0.1:${this.#server.addr.port}${path}`;
  }

  /** A request for `path` has come. */
  came(path: string): Promise<void> {
    return this.#came.of(path).promise;
  }

  /** The client of one for `path` has gone before its answer was complete. */
  gone(path: string): Promise<void> {
    return this.#gone.of(path).promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A client that has gone before its request was looked at is not told of.
    this.#gone.resolve();
    this.#over.resolve();
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    this.requests++;
    const { pathname } = new URL(request.url);
    const { promise, resolve } = this.#gone.of(pathname);
    this.#came.of(pathname).resolve();
    switch (pathname.split("/")[1]) {
      case "hang":
        request.signal.addEventListener("abort", () => resolve());
        await promise;
        return new Response();
      case "stall": {
        const stalled = new ReadableStream<Uint8Array>({
          start: (controller) => {
            controller.enqueue(new TextEncoder().encode("part"));
            void this.#over.promise.then(() => controller.close()).catch(() => {});
          },
          cancel: () => resolve(),
        });
        return new Response(stalled);
      }
      case "chunks":
        return new Response(ReadableStream.from(["one,", "two,", "three"]).pipeThrough(new TextEncoderStream()));
      case "empty":
        return new Response(null, { status: 204 });
      case "away":
        return new Response(null, { status: 302, headers: { location: "/text" } });
      case "echo":
        // A client that goes away in the middle of what it sends is none to answer.
        return new Response(await request.text().catch(() => ""));
      case "json":
        return Response.json({ a: 1 });
      default:
        return new Response("text");
    }
  }
}

/** Promises by name. */
class Moments {
  readonly #all = new Map<string, PromiseWithResolvers<void>>();

  resolve(): void {
    for (const { resolve } of this.#all.values()) resolve();
  }

  of(name: string): PromiseWithResolvers<void> {
    let moment = this.#all.get(name);
    if (moment === undefined) this.#all.set(name, moment = Promise.withResolvers<void>());
    return moment;
  }
}
