import type { Backend, BackendName } from "./backend.ts";
import { threadBackend } from "./thread_backend.ts";

/** The backend of each name. */
export const backends: Readonly<Record<BackendName, Backend>> = {
  thread: threadBackend,
  web: threadBackend,
  process: threadBackend,
};
