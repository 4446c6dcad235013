/**
 * The command line of the toolkit: the exercises and small programs, each by a command of its own.
 *
 * ```sh
 * deno install --global --name asyncio --allow-net --allow-read --allow-write jsr:@asyncio/toolkit/cli
 * asyncio demo
 * ```
 *
 * Results go to standard output, everything else to standard error. The exit code is 0 when all went well, 1 when
 * something failed, 2 when the command line is wrong, and 130 after Ctrl-C.
 *
 * @module
 */

import { PROGRAMS } from "./examples/_catalogue.ts";
import { main } from "./lib/cli/main.ts";

if (import.meta.main) Deno.exitCode = await main(Deno.args, PROGRAMS);
