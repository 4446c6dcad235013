/** Numbers of Fibonacci, the slow way: calls and whole numbers, as most programs have them, and no `| 0` to help V8. */
export function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

const PROGRAM = `
  ${fibonacci}
  onmessage = ({ data }) => postMessage(fibonacci(data));
`;

/** A web worker that computes {@linkcode fibonacci}, one at a time, with nothing in between. */
export class RawWebWorker {
  readonly #worker = new Worker(`data:text/javascript,${encodeURIComponent(PROGRAM)}`, { type: "module" });

  /** Post a number, and get the answer. */
  ask(n: number): Promise<number> {
    return new Promise((resolve) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.postMessage(n);
    });
  }
}
