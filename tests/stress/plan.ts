/** Random programs, as data: so that one which fails can be printed, made smaller, and run again. */
import type { Random } from "../../lib/testing/random.ts";

export const LEAVES = [
  "sleep",
  "turn",
  "microtasks",
  "throw",
  "cancel",
  "abort",
  "observe",
  "put",
  "get",
  "listen",
  "notify",
] as const;
export const BRANCHES = [
  "sequence",
  "try",
  "shield",
  "timeout",
  "moveOn",
  "gather",
  "race",
  "group",
  "map",
  "completed",
  "wait",
  "task",
  "spawn",
  "lock",
  "semaphore",
] as const;

export type Kind = typeof LEAVES[number] | typeof BRANCHES[number];

/** One step of a program. */
export interface Plan {
  kind: Kind;
  /** How long it takes, or may take. */
  ms: number;
  /** What else there is to choose about it: a number of which each bit means something to its kind. */
  choice: number;
  parts: Plan[];
}

/** Short, and few: things have to happen at the same time to be worth a test. */
const DURATIONS = [0, 1, 1, 2, 2, 3, 5, 8];

/** Make a program of at most `size` steps. */
export function makePlan(random: Random, size: number): Plan {
  const kind: Kind = size > 1 ? random.pick(BRANCHES) : random.pick(LEAVES);
  const plan: Plan = { kind, ms: random.pick(DURATIONS), choice: random.below(256), parts: [] };
  let left = size - 1;
  while (left > 0) {
    const share = 1 + random.below(left);
    plan.parts.push(makePlan(random, share));
    left -= share;
  }
  return plan;
}

/** All programs that are one step simpler than `plan`. */
export function* simpler(plan: Plan): Generator<Plan> {
  yield* plan.parts;
  if (plan.kind !== "turn") yield { kind: "turn", ms: 0, choice: 0, parts: [] };
  for (let at = 0; at < plan.parts.length; at++) {
    yield { ...plan, parts: plan.parts.toSpliced(at, 1) };
    for (const part of simpler(plan.parts[at]!)) yield { ...plan, parts: plan.parts.with(at, part) };
  }
  if (plan.choice !== 0) yield { ...plan, choice: 0 };
  for (let bit = 1; bit < 256; bit *= 2) if (plan.choice & bit) yield { ...plan, choice: plan.choice & ~bit };
  if (plan.ms > 0) yield { ...plan, ms: plan.ms - 1 };
}

/** Write a program down, a step a line. */
export function formatPlan(plan: Plan, indent = ""): string {
  const lines = [`${indent}${plan.kind} ms=${plan.ms} choice=${plan.choice}`];
  for (const part of plan.parts) lines.push(formatPlan(part, `${indent}  `));
  return lines.join("\n");
}
