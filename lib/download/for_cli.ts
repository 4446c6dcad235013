// What the command line needs besides what is public.
export { parseChecksum } from "./words/checksum.ts";
