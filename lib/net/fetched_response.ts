import { currentScope } from "../core/ambient.ts";
import { adopt, type Body, bodyOf } from "./fetched_body.ts";
import { adoptStream } from "./fetched_stream.ts";
import { lazily } from "./lazily.ts";
import { NetworkWait } from "./network_wait.ts";

const plain = lazily(() => Response.prototype);
const bodyGetter = lazily(() => Object.getOwnPropertyDescriptor(plain(), "body")!.get!);

function streamOf(response: Response): ReadableStream | null {
  return bodyGetter().call(response);
}

/** What reads a body to its end. */
const READERS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;

/**
 * What fetched responses inherit from: the platform's `Response`, where reading the body is a wait of the code that reads. A
 * response stays the object that the platform has made: nothing has to be copied, and all that takes a `Response` takes it.
 */
const responses = lazily((): Response =>
  Object.create(plain(), {
    ...Object.fromEntries(READERS.map((name) => [
      name,
      method(function (this: Response) {
        return readAll(this, plain()[name] as () => Promise<unknown>);
      }, name),
    ])),
    body: {
      get(this: Response): ReadableStream | null {
        const stream = streamOf(this);
        return stream === null ? null : adoptStream(stream, bodyOf(this));
      },
      configurable: true,
      enumerable: true,
    },
    clone: method(function (this: Response) {
      return adoptResponse(plain().clone.call(this), bodyOf(this).divide());
    }, "clone"),
    // Streams as `body` does; not in all versions.
    ...("textStream" in plain() && {
      textStream: method(function (this: Response) {
        const stream = (plain() as Response & { textStream(): ReadableStream<string> }).textStream.call(this);
        return adoptStream(stream, bodyOf(this));
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
export function adoptResponse(response: Response, body: Body): Response {
  return adopt(response, responses(), body);
}

/** Whether there is a body. */
export function hasBody(response: Response): boolean {
  return streamOf(response) !== null;
}

function readAll<T>(response: Response, read: () => Promise<T>): Promise<T> {
  const scope = currentScope();
  const body = bodyOf(response);
  const refused = body.refusal(scope);
  if (refused !== null) return refused;
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
  return streamOf(response)!.locked || response.bodyUsed;
}
