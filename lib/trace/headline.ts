import { formatMs } from "./moments.ts";
import type { Summary } from "./summary.ts";

/** A trace in one line: what stands over its picture. */
export function headlineOf({ tasks, busy, concurrency, saved }: Summary): string {
  const parts = [`${tasks.total} ${tasks.total === 1 ? "task" : "tasks"}`, formatMs(busy)];
  if (concurrency.peak > 1) parts.push(`at most ${concurrency.peak} at once`);
  if (saved > 0.01 * busy) parts.push(`${formatMs(saved)} saved`);
  if (tasks.failed > 0) parts.push(`${tasks.failed} failed`);
  if (tasks.cancelled > 0) parts.push(`${tasks.cancelled} cancelled`);
  return parts.join("  ·  ");
}
