import { BRIDGED, From, To } from "../wire/protocol.ts";
import { Layout, Slot } from "../wire/shared_memory.ts";
import type { Wire } from "./kit.ts";
import { cloneCheck, copyBuffers } from "./cloning.ts";
import { decodeError, encodeError } from "./error_codec.ts";
import { workerBridge, workerStream } from "./bridge.ts";
import { workerContext, workerGuard, workerTrace } from "./context.ts";
import { workerMain } from "./main.ts";
import { workerMemory } from "./memory.ts";

/** Written once, and handed in with the text. */
const wire: Wire = { To, From, Slot, Layout, BRIDGED };

const kit = {
  copyBuffers,
  encodeError,
  decodeError,
  cloneCheck,
  workerBridge,
  workerGuard,
  workerMemory,
  workerStream,
  workerTrace,
};

/**
 * What functions call in their text where a bundler keeps names: a helper of its own, called `__name`, or anything at all
 * where names are made short. Where there is one, it has been at work on a function in here as well.
 */
function nameHelpers(): string[] {
  const probe = () => {
    const named = () => {};
    return named;
  };
  const found = /([\w$]+)\(\s*\(\)\s*=>\s*\{\s*\}\s*,\s*["'`]named["'`]\)/.exec(String(probe))?.[1];
  return [...new Set(["__name", found ?? "__name"])];
}

let program: string | undefined;

/**
 * The program inside a worker, as text: the body of a function that gives `start(boot, port, Storage)`. It depends on
 * nothing but the runtime, so it runs with no permission, also when this package came from a registry or is part of a
 * compiled program.
 */
export function programText(): string {
  const helpers = nameHelpers();
  return program ??= [
    ...helpers.map((helper) => `const ${helper} = (fn) => fn;`),
    ...Object.entries({ workerContext, workerMain, ...kit }).map(([name, fn]) => `const ${name} = ${fn};`),
    `return async function start(boot, port, Storage) {
      if (boot.lock !== "") {
        // Held until the end: it is granted to the other side only when this thread is dead.
        await new Promise((held) => navigator.locks.request(boot.lock, () => (held(), new Promise(() => {}))));
      }
      const context = workerContext(Storage, boot.carries);
      const helpers = ${JSON.stringify(helpers)};
      workerMain({ wire: ${JSON.stringify(wire)}, helpers, ${
      Object.keys(kit).join(", ")
    } }, { ...port, load, context }, boot);
    };`,
    // Tells its frames from those of functions.
    "//# sourceURL=asyncio:worker-program",
  ].join("\n");
}

/**
 * A module that starts the program. Short, with the program sent to it: Deno 2.9 keeps the text of every `data:` URL that a
 * worker was started from until the whole program ends, and workers come and go.
 *
 * @param body Source of what calls `begin(program)(boot, port, AsyncLocalStorage)`.
 * @param imports Source of what that needs.
 */
export function bootUrl(body: string, imports = ""): URL {
  const text = `import { AsyncLocalStorage } from "node:async_hooks";
${imports}
const begin = (text) => new Function("load", text)((url) => import(url));
${body}`;
  return new URL(`data:text/javascript,/*worker*/${encodeURIComponent(text)}`);
}
