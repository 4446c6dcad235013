import { Worker } from "node:worker_threads";

/** The kind of worker that the pool starts, without the pool. A negative number is work to be done. */
const PROGRAM = `
  import { parentPort } from "node:worker_threads";
  function spin(n) { let x = 0; for (let i = 0; i < n; i++) x = (x * 31 + i) | 0; return x; }
  parentPort.on("message", (n) => {
    parentPort.postMessage(typeof n !== "number" ? n.byteLength : n < 0 ? spin(-n) : n + 1);
  });
  parentPort.postMessage("ready");
`;

/** A worker and its messages. Answers come in order. */
export class RawWorker {
  readonly #worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`));
  readonly #asked: ((answer: number) => void)[] = [];
  #next = 0;
  /** Settles when it is there. */
  readonly ready: Promise<number> = new Promise((resolve) => this.#asked.push(resolve));

  constructor() {
    this.#worker.on("message", (answer) => {
      this.#asked[this.#next++]!(answer);
      if (this.#next < this.#asked.length) return;
      this.#asked.length = 0;
      this.#next = 0;
    });
  }

  /** Post a message, and get the answer. */
  ask(message: number | ArrayBuffer, transfer: ArrayBuffer[] = []): Promise<number> {
    this.#worker.postMessage(message, transfer);
    return new Promise((resolve) => this.#asked.push(resolve));
  }
}

/** What a raw worker does with a negative number. */
export function spin(n: number): number {
  let x = 0;
  for (let i = 0; i < n; i++) x = (x * 31 + i) | 0;
  return x;
}
