import type { CancelledError } from "../errors.ts";
import type { RunInScope } from "../core/ambient.ts";
import { cancellation } from "../core/cancellation.ts";
import { inspectBriefly, isThenable } from "../core/checks.ts";
import { instrument } from "../core/instrument.ts";
import { promiseOf } from "../core/observe.ts";
import { endChildrenThen, outcomeOf } from "../core/owned.ts";
import { type Abortable, linkSignal, type SignalLink } from "../core/signal_link.ts";
import { nextTurn } from "../core/turn.ts";
import type { Semaphore } from "../sync/semaphore.ts";
import { TaskScope } from "../tasks/task_scope.ts";
import type { ClientWatch, HasClient } from "./client_watch.ts";
import { Draining } from "./draining.ts";
import { withoutNotice } from "./serve_notice.ts";
import { asPartOf, type BodyEnd } from "./served_body.ts";

/** Answers a request. */
export type Answering = (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>;

/** Seconds after which a client that was turned away may try again. */
const RETRY_AFTER = "1";

/** The answer of a server that cannot serve now. */
export function unavailable(): Response {
  const headers = { "retry-after": RETRY_AFTER, connection: "close" };
  return new Response("Service Unavailable", { status: 503, headers });
}

/** The scope of all requests of a server. */
export class Requests extends Draining {
  #answered: CancelledError | null = null;

  /** What code of a request sees that goes on after its answer: one error serves all, since hardly any is ever seen. */
  get answered(): CancelledError {
    return this.#answered ??= cancellation("Cancelled as the request has been answered", this);
  }
}

/**
 * One request, as a task: until its answer has been sent. By callbacks, as a function of `gather` is run: with a promise of
 * its own and a face for it, a request would cost three times as much.
 */
export class RequestScope extends TaskScope<void> implements Abortable, HasClient {
  readonly #requests: Requests;
  readonly #request: Request;
  readonly #info: Deno.ServeHandlerInfo;
  readonly #clients: ClientWatch;
  /** Calls in the context of the code that serves: requests come in none. */
  readonly #run: RunInScope;
  readonly #onEnd: () => void;
  /** Gives its turn back. */
  #slot: Disposable | null = null;
  #link: SignalLink | null = null;
  #title: string | undefined;
  cameAfter = -1;
  olderClient: HasClient | null = null;
  youngerClient: HasClient | null = null;

  constructor(
    requests: Requests,
    request: Request,
    info: Deno.ServeHandlerInfo,
    clients: ClientWatch,
    run: RunInScope,
    onEnd: () => void,
  ) {
    super(requests, "");
    this.#requests = requests;
    this.#run = run;
    this.#request = request;
    this.#info = info;
    this.#clients = clients;
    this.#onEnd = onEnd;
  }

  /** Made when it is asked for: it takes as long as all the rest of a request that nobody asks for it. */
  override get name(): string {
    return this.#title ??= nameOf(this.#request) ?? `request-${this.id}`;
  }

  override set name(name: string) {
    this.#title = name;
  }

  /** Have `handler` answer. */
  answer(handler: Answering, slot: Disposable | null = null): Response | Promise<Response> {
    this.#slot = slot;
    this.start();
    let result: Response | Promise<Response>;
    try {
      result = this.#run(this, handler, this.#request, this.#info);
    } catch (error) {
      return this.#failed(error);
    }
    if (!isThenable(result)) return this.#answered(result);
    // One that had to wait for its turn may be watched by now.
    if (this.#link === null && this.cameAfter === -1) this.#clients.begin(this);
    return this.#answerLater(result);
  }

  /** Have it wait for its turn before that. */
  answerInTurn(handler: Answering, slots: Semaphore): Promise<Response> {
    this.#clients.begin(this);
    return this.#run(this, () => slots.acquire()).then(
      (slot) => this.answer(handler, slot),
      (error) => this.#failed(error),
    );
  }

  /** Notice from now on that its client goes away. */
  watchClient(): void {
    const { signal } = this.#request;
    if (signal.aborted) this.abort(signal.reason);
    else this.#link = linkSignal(signal, this);
  }

  /** Its client has gone away. */
  override abort(reason: unknown): void {
    this.cancelBecause(`The client of "${this.name}" has gone away`, reason);
  }

  /** A cold path with a closure. */
  #answerLater(answer: PromiseLike<Response>): Promise<Response> {
    return promiseOf(answer).then((answer) => this.#answered(answer), (error) => this.#failed(error));
  }

  #answered(answer: Response): Response {
    if (!(answer instanceof Response)) {
      return this.#failed(
        new TypeError(
          `Cannot answer as the handler must return a Response: current value is ${inspectBriefly(answer)}`,
        ),
      );
    }
    this.#forgetClient();
    let streamed: Response | null;
    try {
      streamed = asPartOf(this, this.#run, answer, (how) => this.#sent(how));
    } catch (error) {
      // Its body has been read, or is being read, as of one that was given as an answer before.
      return this.#failed(error);
    }
    if (streamed !== null || this.firstChild !== null || this.promise !== null || instrument !== null) this.#keepName();
    if (streamed !== null) return streamed;
    // One that was upgraded lives on in what its handler has started.
    if (answer.status === 101) this.#endWithChildren();
    else this.#end();
    return answer;
  }

  /** Whoever may ask for it later: the platform tells nothing of a request any more once that was answered. */
  #keepName(): void {
    this.#title ??= this.name;
  }

  #endWithChildren(): void {
    this.whenEmpty(() => this.#end());
  }

  #sent(how: BodyEnd): void {
    if (how === "client gone") this.abort("Its answer was being sent");
    // What the cancellation wakes has a turn of its own before the request is over.
    if (how === "sent") this.#end();
    else void nextTurn().then(() => this.#end());
  }

  #failed(thrown: unknown): Response {
    if (isCutOff(thrown)) {
      // The platform tells of no other end of such a client.
      this.abort(thrown);
      thrown = this.error;
    }
    const error = outcomeOf(this, thrown);
    // If the client is still connected, the server must be shutting down: send 503.
    const isCancelled = this.error !== null;
    this.#forgetClient();
    endChildrenThen(this, () => {
      this.fail(error);
      this.#ended();
    });
    if (isCancelled) return unavailable();
    console.error(`The request "${this.name}" has failed:`, error);
    return new Response("Internal Server Error", { status: 500 });
  }

  #end(): void {
    if (this.firstChild === null) this.#succeed();
    else this.#endLater();
  }

  /** A cold path with a closure. */
  #endLater(): void {
    endChildrenThen(this, () => this.#succeed());
  }

  #succeed(): void {
    if (this.error === null) this.succeed();
    else this.fail(this.error);
    this.#ended();
  }

  #ended(): void {
    // The stream of an answer that was cut off may go on for a step or two: that is not the server's to wait for.
    this.error ??= this.#requests.answered;
    this.#slot?.[Symbol.dispose]();
    this.#onEnd();
  }

  /** The answer goes out now. The platform fires the signal of each request that was answered: from here on it says nothing. */
  #forgetClient(): void {
    this.#clients.end(this);
    if (this.#link === null) return;
    this.#link.unlink();
    withoutNotice();
  }
}

/** Whether an error says that a body which was being read has been cut off: the client has gone away in the middle of it. */
function isCutOff(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource && /^Cannot read (request )?body /.test(error.message);
}

/** What a request is called; `undefined` for one that was answered. */
function nameOf(request: Request): string | undefined {
  try {
    return `${request.method} ${pathOf(request.url)}`;
  } catch {
    return undefined;
  }
}

/** The path of a URL, without what may be secret in it. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}
