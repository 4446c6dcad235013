import { currentScope } from "../core/ambient.ts";
import { Event } from "../sync/event.ts";
import { createTask, spawn } from "../tasks/create_task.ts";
import { shield } from "../tasks/shield.ts";
import { sleep } from "../tasks/sleep.ts";
import type { Task } from "../tasks/task.ts";
import { timeout } from "../tasks/timeout.ts";
import { type Address, formatAddress } from "./address.ts";
import { Connection } from "./connection.ts";
import { Draining } from "./draining.ts";
import { NetworkWait } from "./network_wait.ts";
import { listenAt, type Place } from "./place.ts";
import { peerOf, Socket } from "./socket.ts";

/** How long a client may take to agree on TLS, in milliseconds, as asyncio has it. */
const HANDSHAKE = 60_000;

/** How long to wait, in milliseconds, when no connection can be accepted: most often, the program has too many files open. */
const PAUSE = 100;

/**
 * A listener at work: one task, which stops accepting when it is cancelled, and beside it the connections, out of reach for that
 * cancellation.
 */
export class Listening {
  readonly #handler: (connection: Connection) => unknown;
  readonly #drain: number;
  readonly #limit: number;
  readonly #listener: Deno.Listener;
  readonly #name: string;
  readonly #stop = new Event();
  readonly #task: Task<void>;
  #connections!: Draining;
  #closed = false;
  #running = 0;

  constructor(
    handler: (connection: Connection) => unknown,
    place: Place,
    drain: number,
    limit: number,
    signal: AbortSignal | undefined,
  ) {
    this.#handler = handler;
    this.#drain = drain;
    this.#limit = limit;
    this.#listener = listenAt(place);
    this.#name = formatAddress(this.addr);
    this.#task = createTask(() => this.#run(), { name: `listener ${this.#name}`, eager: true, signal });
  }

  get addr(): Address {
    return this.#listener.addr as Address;
  }

  get running(): number {
    return this.#running;
  }

  get finished(): Promise<void> {
    return this.#task.settled().then(() => {});
  }

  shutdown(): Promise<void> {
    this.#stop.set();
    return this.#connections.refuseOwn("listener") ?? this.finished;
  }

  async #run(): Promise<void> {
    const connections = this.#connections = new Draining(currentScope());
    const accepting = this.#acceptAll();
    try {
      await this.#stop.wait();
    } finally {
      this.#closed = true;
      this.#listener.close();
      await shield(() => connections.drain({ ms: this.#drain, why: "Cancelled as the listener is ending" }));
      connections.close();
      await accepting;
    }
  }

  async #acceptAll(): Promise<void> {
    let failed = false;
    for (;;) {
      try {
        this.#accept(await this.#listener.accept());
        failed = false;
      } catch (error) {
        if (this.#closed) return;
        // Once, and not ten times a second.
        if (!failed) console.error(`Cannot accept a connection at ${this.#name}, and tries again:`, error);
        failed = true;
        try {
          await sleep(PAUSE);
        } catch {
          return;
        }
      }
    }
  }

  #accept(conn: Deno.Conn): void {
    const peer = peerOf(conn, this.#name);
    let socket: Socket | undefined;
    let agreed = false;
    const serve = async () => {
      socket = new Socket(conn, peer, currentScope());
      await agree(conn, peer);
      agreed = true;
      await this.#handler(new Connection(socket, this.#limit));
    };
    this.#running++;
    spawn(this.#connections, serve, { name: `connection from ${peer}`, eager: true }, ({ name, state, failure }) => {
      this.#running--;
      // The function of one that came too late is not called.
      if (socket === undefined) conn.close();
      // What does not speak TLS, or leaves, is an end like any other.
      else if (state === "failed" && agreed && !socket.isOver(failure)) {
        console.error(`The ${name} has failed:`, failure);
      }
    });
  }
}

/** Have both sides agree on TLS, where that is spoken. */
async function agree(conn: Deno.Conn, peer: string): Promise<void> {
  if (!("handshake" in conn)) return;
  const agreed = (conn as Deno.TlsConn).handshake();
  const what = { describe: () => `agree on TLS with ${peer}` };
  await timeout(HANDSHAKE, () => {
    const wait = new NetworkWait<void>(currentScope(), what, () => {});
    agreed.then(() => wait.resolve(), (error) => wait.reject(error));
    return wait.promise;
  });
}
