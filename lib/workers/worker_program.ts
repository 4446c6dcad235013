import { decodeError, encodeError } from "./error_codec.ts";
import type { Boot } from "./protocol.ts";
import { findUncloneable } from "./uncloneable.ts";
import { workerBridge } from "./worker_bridge.ts";
import { workerGuard } from "./worker_guard.ts";
import { workerMain } from "./worker_main.ts";
import { workerStream } from "./worker_stream.ts";

const kit = { encodeError, decodeError, findUncloneable, workerBridge, workerGuard, workerStream };

let program: string | undefined;

/**
 * The program inside a worker, as the URL of a module. It starts from there with no permission, also when this package
 * came from a registry or is part of a compiled program.
 *
 * @param port Source of an expression that makes the worker's end of the wire, of `boot`.
 * @param boot Source of an expression for what it is started with.
 * @param imports Import declarations that the two need.
 */
export function programUrl(port: string, boot: string, imports = ""): URL {
  program ??= Object.entries(kit).map(([name, fn]) => `const ${name} = ${fn};`).join("\n") +
    `\nconst workerMain = ${workerMain};\n`;
  // Whatever else comes to hold the lock: it is granted to the other side only when this thread is dead.
  const text = `/*worker*/${imports}
import { AsyncLocalStorage } from "node:async_hooks";
const boot = ${boot};
if (boot.lock !== "") {
  await new Promise((held) => {
    navigator.locks.request(boot.lock, () => (held(), new Promise(() => {})));
  });
}
${program}
workerMain({ ${Object.keys(kit).join(", ")} }, { ...(${port}), context: new AsyncLocalStorage() }, boot);
`;
  return new URL(`data:text/javascript,${text.slice(0, 10)}${encodeURIComponent(text.slice(10))}`);
}

/** The parameters of the program, for the backends that hand them over as JSON. */
export type BootWithoutMemory = Omit<Boot, "shared">;
