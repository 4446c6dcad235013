/** Run an exercise in virtual time, if that is asked for: its waits, and its view of the time, but none of it passes. */
export async function virtuallyIf<R>(virtual: boolean, run: () => Promise<R>): Promise<R> {
  if (!virtual) return await run();
  const { virtualTime } = await import("../testing/virtual_time.ts");
  return await virtualTime(run, { globals: true });
}
