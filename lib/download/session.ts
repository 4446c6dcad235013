import type { Exchanges } from "./http/exchange.ts";
import type { Folder } from "./disk/folder.ts";
import type { Gauges } from "./disk/gauges.ts";
import type { Schedule } from "./plan/schedule.ts";

/** What all files of one call share. */
export interface Session extends Exchanges {
  readonly folder: Folder;
  readonly schedule: Schedule;
  readonly gauges: Gauges;
}
