/** Ways to call `n + 1` in one worker, by what else there is on npm. */

import { peer } from "./npm.ts";

/** Gives the way to call, once the worker is there. */
export type MakeCall = () => Promise<(n: number) => Promise<number>>;

const FUNCTION = new URL("./worker_function.js", import.meta.url);

/** By name. */
export const WORKER_POOLS: Record<"comlink" | "piscina" | "tinypool" | "workerpool", MakeCall> = {
  async comlink() {
    const { wrap } = await peer("comlink");
    const worker = new Worker(new URL("./comlink_worker.ts", import.meta.url), { type: "module" });
    await new Promise((resolve) => worker.addEventListener("message", resolve, { once: true }));
    return wrap(worker);
  },
  async piscina() {
    const { Piscina } = await peer("piscina");
    const pool = new Piscina({ filename: FUNCTION.href, minThreads: 1, maxThreads: 1 });
    return (n) => pool.run(n);
  },
  async tinypool() {
    const { Tinypool } = await peer("tinypool");
    const pool = new Tinypool({ filename: FUNCTION.href, minThreads: 1, maxThreads: 1 });
    return (n) => pool.run(n);
  },
  async workerpool() {
    const { default: workerpool } = await peer("workerpool");
    const pool = workerpool.pool({ maxWorkers: 1, workerType: "thread" });
    return (n) => pool.exec((n: number) => n + 1, [n]);
  },
};
