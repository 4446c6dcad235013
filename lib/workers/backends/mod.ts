import type { Backend, BackendName } from "./backend.ts";
import { processBackend } from "./process.ts";
import { threadBackend } from "./thread.ts";
import { webBackend } from "./web.ts";

/** The backend of each name. */
export const backends: Readonly<Record<BackendName, Backend>> = {
  thread: threadBackend,
  web: webBackend,
  process: processBackend,
};
