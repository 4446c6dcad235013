import { isCancelled } from "../errors.ts";
import { captureContext, currentScope } from "../core/ambient.ts";
import { Event } from "../sync/event.ts";
import { Semaphore } from "../sync/semaphore.ts";
import { createTask } from "../tasks/create_task.ts";
import { shield } from "../tasks/shield.ts";
import type { Task } from "../tasks/task.ts";
import { formatHost } from "./address.ts";
import { ClientWatch } from "./client_watch.ts";
import { type Place, tellingWhere } from "./place.ts";
import { type Answering, Requests, RequestScope, unavailable } from "./request_scope.ts";

/** How long the code of cancelled requests may take to answer before their connections are closed, in milliseconds. */
const LAST_WORDS = 500;

/**
 * A server at work: one task, which begins to drain when it is cancelled, and beside it the requests, out of reach for that
 * cancellation.
 */
export class Serving {
  readonly #handler: Answering;
  readonly #drain: number;
  readonly #slots: Semaphore | null;
  readonly #maxQueue: number;
  readonly #isTls: boolean;
  readonly #server: Deno.HttpServer<Deno.NetAddr | Deno.UnixAddr>;
  /** Closes all connections. */
  readonly #force = new AbortController();
  readonly #task: Task<void>;
  readonly #stop = new Event();
  /** What requests are tasks of. */
  #requests!: Requests;
  readonly #clients = new ClientWatch();
  readonly #runInScope = captureContext();
  /** Whether it is to end: what comes now, on connections that are still open, is turned away. */
  #ending = false;
  #running = 0;

  constructor(
    handler: Answering,
    place: Place,
    drain: number,
    maxRequests: number,
    maxQueue: number,
    signal: AbortSignal | undefined,
  ) {
    this.#handler = handler;
    this.#drain = drain;
    this.#slots = maxRequests === Infinity ? null : new Semaphore(maxRequests, { name: "requests" });
    this.#maxQueue = maxQueue;
    this.#isTls = place.cert !== undefined;
    this.#server = tellingWhere({ port: 8000, ...place }, () =>
      Deno.serve(
        listenOptions(place, this.#force.signal),
        (request, info) => this.#handle(request, info),
      ));
    this.#task = createTask(() => this.#run(), { name: "server", eager: true, signal });
  }

  get addr(): Deno.NetAddr | Deno.UnixAddr {
    return this.#server.addr;
  }

  get url(): string {
    const { addr } = this;
    if (!("port" in addr)) return "";
    const isAny = addr.hostname === "0.0.0.0" || addr.hostname === "::";
    const host = isAny ? "127.0.0.1" : formatHost(addr.hostname);
    return `${this.#isTls ? "https" : "http"}://${host}:${addr.port}/`;
  }

  get finished(): Promise<void> {
    return this.#task.settled().then(() => {});
  }

  stats(): { running: number; waiting: number } {
    const waiting = this.#slots?.stats().waiting ?? 0;
    return { running: this.#running - waiting, waiting };
  }

  shutdown(): Promise<void> {
    this.#stop.set();
    return this.#requests.refuseOwn("server") ?? this.finished;
  }

  async #run(): Promise<void> {
    const requests = this.#requests = new Requests(currentScope());
    try {
      await this.#stop.wait();
    } finally {
      this.#ending = true;
      await shield(() => this.#end(requests));
      requests.close();
    }
  }

  /**
   * The platform can either stop listening and let what runs go on, or close all connections, but not the one after the
   * other, and the first breaks what is being uploaded. So it listens until nothing runs, and turns away what comes.
   */
  async #end(requests: Requests): Promise<void> {
    await requests.drain({
      ms: this.#drain,
      why: "Cancelled as the server is ending",
      force: { after: LAST_WORDS, cutOff: () => this.#force.abort() },
    });
    if (!this.#force.signal.aborted) await this.#server.shutdown();
    this.#clients.close();
    await this.#server.finished;
  }

  /** A request has come. */
  #handle(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response> {
    if (this.#ending) return unavailable();
    const slots = this.#slots;
    if (slots === null) return this.#begin(request, info).answer(this.#handler);
    const slot = slots.tryAcquire();
    if (slot !== undefined) return this.#begin(request, info).answer(this.#handler, slot);
    if (slots.stats().waiting >= this.#maxQueue) return unavailable();
    return this.#begin(request, info).answerInTurn(this.#handler, slots);
  }

  #begin(request: Request, info: Deno.ServeHandlerInfo): RequestScope {
    this.#running++;
    return new RequestScope(this.#requests, request, info, this.#clients, this.#runInScope, this.#onRequestEnd);
  }

  readonly #onRequestEnd = (): void => {
    this.#running--;
  };
}

function listenOptions(place: Place, signal: AbortSignal): Deno.ServeTcpOptions {
  const given = Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined));
  return {
    ...given,
    signal,
    onListen() {},
    // Handlers do not throw here, so this is about the stream of an answer that has begun.
    onError(error) {
      if (!isCancelled(error)) console.error("The stream of an answer has failed:", error);
      return unavailable();
    },
  };
}
