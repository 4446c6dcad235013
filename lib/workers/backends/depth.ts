import { workerHost } from "../../core/host.ts";

/** How many workers deep this code runs: 0 in the main program. */
export const depth: number = workerHost?.depth ?? 0;

/**
 * How deep workers may be inside of each other. More than a sensible program needs, and few enough that a function which
 * calls itself in workers without end is told so before the machine is out of threads.
 */
export const MAX_DEPTH = 8;
