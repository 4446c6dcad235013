/**
 * Rows of `serve`, beside the platform's. The requests come from a program of its own, and what is counted is the processor
 * time of the server: how long a request takes hangs on the client, and on who else wants the cores.
 */

import process from "node:process";
import { linesOf } from "../lines.ts";
import type { Load, Row } from "../row.ts";

const OPTIONS = { hostname: "127.0.0.1", port: 0 };

/** Serves what `answer` gives, and tells where. */
type Serve = (answer: () => Response) => string | Promise<string>;

const platform: Serve = (answer) => {
  const { addr } = Deno.serve({ ...OPTIONS, onListen() {} }, answer);
  return `http://127.0.0.1:${addr.port}/`;
};

const ours: Serve = async (answer) => {
  const { serve } = await import("../../lib/net/mod.ts");
  return serve(answer, OPTIONS).url;
};

/** What it takes to know of a client that leaves, and to keep handlers apart, by hand. */
const byHand: Serve = (answer) => {
  const { addr } = Deno.serve({ ...OPTIONS, onListen() {} }, (request) => {
    request.signal.addEventListener("abort", () => {}, { once: true });
    return answer();
  });
  return `http://127.0.0.1:${addr.port}/`;
};

/** Answer as many requests as the round asks for. */
function answering(serve: Serve, answer: () => Response): Load {
  return async () => {
    const url = await serve(answer);
    const client = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--allow-net=127.0.0.1", new URL("../asker.ts", import.meta.url).href],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const requests = client.stdin.getWriter();
    const counts = linesOf(client.stdout)[Symbol.asyncIterator]();
    return async (n) => {
      const before = process.cpuUsage();
      await requests.write(new TextEncoder().encode(`${url} ${n}\n`));
      const { value } = await counts.next();
      const { user, system } = process.cpuUsage(before);
      return { cost: (user + system) / 1_000, check: Number(value) };
    };
  };
}

const hello = () => new Response("hello");

const chunk = new Uint8Array(16 * 1_024);

const streamed = () => {
  let left = 4;
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    }),
  );
};

/** The rows. */
export const serverRows: readonly Row[] = [
  {
    name: "serve: a request, in processor time of the server",
    against: "`Deno.serve`",
    sizes: [1_000, 5_000],
    expected: (n) => n * "hello".length,
    floor: answering(platform, hello),
    ours: answering(ours, hello),
    peers: { "Deno.serve, listening to request.signal": answering(byHand, hello) },
    goal: 1.15,
    reason: "The first thousand requests run in code that is not compiled yet, of which there is more; then it is met.",
  },
  {
    name: "serve: a streamed answer of 64 KiB, in processor time of the server",
    against: "`Deno.serve`",
    sizes: [1_000],
    expected: (n) => n * 4 * chunk.length,
    floor: answering(platform, streamed),
    ours: answering(ours, streamed),
    goal: 1.15,
    reason:
      "The platform reads a body in no context, and tells nobody that its client has gone. So it gets a stream that reads the " +
      "handler's as part of the request: some 10 µs a chunk, of whatever size.",
  },
];
