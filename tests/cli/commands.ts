import { PROGRAMS } from "../../examples/_catalogue.ts";
import { commandsWith } from "../../lib/cli/commands/mod.ts";

/** The commands, as `cli.ts` has them. */
export const COMMANDS = commandsWith(PROGRAMS);
