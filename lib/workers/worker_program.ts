import { decodeError, encodeError } from "./error_codec.ts";
import { findUncloneable } from "./uncloneable.ts";
import { workerBridge } from "./worker_bridge.ts";
import { workerContext } from "./worker_context.ts";
import { workerGuard } from "./worker_guard.ts";
import { workerMain } from "./worker_main.ts";
import { workerStream } from "./worker_stream.ts";

const kit = { encodeError, decodeError, findUncloneable, workerBridge, workerGuard, workerStream };

let program: string | undefined;

/**
 * The program inside a worker, as the URL of a module. It starts from there with no permission, also when this package
 * came from a registry or is part of a compiled program.
 *
 * @param body Source of what calls `start(boot, port)`.
 * @param imports Source of what that needs.
 */
export function programUrl(body: string, imports = ""): URL {
  program ??= `const workerContext = ${workerContext};\n` +
    Object.entries(kit).map(([name, fn]) => `const ${name} = ${fn};`).join("\n") +
    `\nconst workerMain = ${workerMain};\n`;
  const text = `${imports}
import { AsyncLocalStorage } from "node:async_hooks";
async function start(boot, port) {
  if (boot.lock !== "") {
    // Held until the end: it is granted to the other side only when this thread is dead.
    await new Promise((held) => navigator.locks.request(boot.lock, () => (held(), new Promise(() => {}))));
  }
  workerMain({ ${Object.keys(kit).join(", ")} }, { ...port, context: workerContext(AsyncLocalStorage) }, boot);
}
${program}
${body}`;
  // The comment tells its frames from those of functions.
  return new URL(`data:text/javascript,/*worker*/${encodeURIComponent(text)}`);
}
