// Serves one function by comlink. A message that came while it was loading would be lost, so it says when it is there.
import { peer } from "./npm.ts";

const { expose } = await peer("comlink");
expose((n: number) => n + 1);
(globalThis as unknown as { postMessage(message: string): void }).postMessage("ready");
