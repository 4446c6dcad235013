import { currentScope } from "../core/ambient.ts";
import { held, type Holder } from "../core/held.ts";
import { refusal, rejected } from "../core/waiter.ts";
import { adoptStream } from "./body.ts";
import type { Body } from "./exchange.ts";
import { lazily } from "./lazily.ts";
import { NetworkWait } from "./network_wait.ts";

const plain = lazily(() => Response.prototype);
const bodyGetter = lazily(() => Object.getOwnPropertyDescriptor(plain(), "body")!.get!);

function bodyOf(response: Response): ReadableStream | null {
  return bodyGetter().call(response);
}

/** What reads a body to its end. */
const READERS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;

/**
 * What answers inherit from: the platform's `Response`, where to read the body is a wait of whoever reads. The answer stays
 * the object that the platform has made, so that nothing has to be copied, and all that takes a `Response` takes it.
 */
const answers = lazily((): Response =>
  Object.create(plain(), {
    ...Object.fromEntries(READERS.map((name) => [
      name,
      method(function (this: Response) {
        return readAll(this, plain()[name] as () => Promise<unknown>);
      }, name),
    ])),
    body: {
      get(this: Response): ReadableStream | null {
        const stream = bodyOf(this);
        return stream === null ? null : adoptStream(stream, partOf(this));
      },
      configurable: true,
      enumerable: true,
    },
    clone: method(function (this: Response) {
      return adoptAnswer(plain().clone.call(this), partOf(this).divide());
    }, "clone"),
    // Streams as `body` does; not in all versions.
    ...("textStream" in plain() && {
      textStream: method(function (this: Response) {
        const stream = (plain() as Response & { textStream(): ReadableStream<string> }).textStream.call(this);
        return adoptStream(stream, partOf(this));
      }, "textStream"),
    }),
  })
);

function method(value: (this: Response) => unknown, name: string): PropertyDescriptor {
  Object.defineProperty(value, "name", { value: name });
  return { value, writable: true, configurable: true, enumerable: true };
}

/** Whether `response` is the platform's own, and not of a class that has methods of its own. */
export function isPlainResponse(response: unknown): response is Response {
  return typeof response === "object" && response !== null && Object.getPrototypeOf(response) === plain();
}

/** Have the body of `response`, which must have one, be read as `body`. */
export function adoptAnswer(response: Response, body: Body): Response {
  (response as Holder)[held] = body;
  return Object.setPrototypeOf(response, answers());
}

/** Whether there is a body. */
export function hasBody(response: Response): boolean {
  return bodyOf(response) !== null;
}

function partOf(response: Response): Body {
  return (response as Holder)[held] as Body;
}

function readAll<T>(response: Response, read: () => Promise<T>): Promise<T> {
  const scope = currentScope();
  const refused = refusal(scope);
  if (refused !== null) return refused;
  const body = partOf(response);
  const { lost } = body;
  if (lost !== null) return rejected(scope, lost);
  // One that has been read, or is being read, is told by the platform.
  if (isTaken(response)) return read.call(response);
  const wait = new NetworkWait<T>(scope, body.exchange, (error) => body.drop(error));
  read.call(response).then(
    (value) => {
      body.end();
      wait.arrive(value);
    },
    (error) => {
      body.end();
      wait.reject(body.exchange.errorFor(scope, error));
    },
  );
  return wait.promise;
}

function isTaken(response: Response): boolean {
  return bodyOf(response)!.locked || response.bodyUsed;
}
