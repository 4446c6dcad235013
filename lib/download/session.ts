import type { BufferPool } from "./buffer_pool.ts";
import type { Folder } from "./folder.ts";
import type { Gauges } from "./gauges.ts";
import type { Settings } from "./options.ts";
import type { RateLimit } from "./rate_limit.ts";
import type { Schedule } from "./schedule.ts";

/** What all files of one call share. */
export interface Session {
  readonly settings: Settings;
  readonly client: Deno.HttpClient;
  /** The proxy on the way to a URL, as far as is known: what a client of the caller's does nobody can tell. */
  readonly proxyOf: (url: URL) => string | undefined;
  readonly folder: Folder;
  readonly schedule: Schedule;
  readonly rate: RateLimit;
  readonly buffers: BufferPool;
  readonly gauges: Gauges;
}
