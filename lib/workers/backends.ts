import type { Backend, BackendName } from "./backend.ts";
import { processBackend } from "./process_backend.ts";
import { threadBackend } from "./thread_backend.ts";
import { webBackend } from "./web_backend.ts";

/** The backend of each name. */
export const backends: Readonly<Record<BackendName, Backend>> = {
  thread: threadBackend,
  web: webBackend,
  process: processBackend,
};
