// Code that is not trusted, in a process of its own: it may read one file, it may do nothing else, and when it takes too
// long it is killed. Nothing that it does inside can change that.
//
// Run: deno run --allow-run --allow-env=NODE_V8_COVERAGE --allow-read=examples examples/sandboxed_call.ts

import { run, WorkerPool, WorkerTimeoutError } from "../mod.ts"; // "@asyncio/toolkit" in a program of your own

const allowed = decodeURIComponent(new URL(import.meta.url).pathname);

async function attempt(what: string, call: PromiseLike<unknown>): Promise<void> {
  try {
    console.log(`${what}: ${await call}`);
  } catch (error) {
    const { name } = (error as Error).constructor;
    console.log(`${what}: ${name}${error instanceof WorkerTimeoutError ? ` (${error.stopped})` : ""}`);
  }
}

function firstLine(path: string): string {
  return Deno.readTextFileSync(path).split("\n")[0]!;
}

function spin(): never {
  for (;;);
}

export async function main(): Promise<void> {
  await using sandbox = new WorkerPool({ backend: "process", size: 1, permissions: { read: [allowed] } });
  await attempt("reads the file it may", sandbox.run(firstLine, [allowed]));
  await attempt("reads another file", sandbox.run(firstLine, ["/etc/passwd"]));
  await attempt("calls home", sandbox.run(async () => (await fetch("http://127.0.0.1:8080/")).status));
  await attempt("burns a core", sandbox.run(spin, [], { timeout: 100 }));
  await attempt("the sandbox is well", sandbox.run(() => 6 * 7));
}

if (import.meta.main) await run(main);

// Output:
// reads the file it may: // Code that is not trusted…
// reads another file: NotCapable
// calls home: NotCapable
// burns a core: WorkerTimeoutError (killed)
// the sandbox is well: 42
