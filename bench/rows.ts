import type { Row } from "./row.ts";
import { downloadRows } from "./rows/downloads.ts";
import { gatherRows } from "./rows/gather.ts";
import { paceRows } from "./rows/pace.ts";
import { processRows } from "./rows/processes.ts";
import { queueRows } from "./rows/queues.ts";
import { requestRows } from "./rows/requests.ts";
import { semaphoreRows } from "./rows/semaphores.ts";
import { serverRows } from "./rows/servers.ts";
import { sleepRows } from "./rows/sleeps.ts";
import { startupRows } from "./rows/startup.ts";
import { taskRows } from "./rows/tasks.ts";
import { tracingRows } from "./rows/tracing.ts";
import { workerLifeRows } from "./rows/worker_life.ts";
import { workerRows } from "./rows/workers.ts";

/** Every row, in the order of the report. */
export const ROWS: readonly Row[] = [
  ...gatherRows,
  ...taskRows,
  ...sleepRows,
  ...semaphoreRows,
  ...queueRows,
  ...workerRows,
  ...workerLifeRows,
  ...paceRows,
  ...processRows,
  ...requestRows,
  ...serverRows,
  ...downloadRows,
  ...tracingRows,
  ...startupRows,
];
