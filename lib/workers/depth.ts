import { workerHost } from "../core/host.ts";

/** How many workers deep this code runs: 0 in the main program. */
export const depth: number = workerHost?.depth ?? 0;
