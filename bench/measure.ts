/**
 * Measures a row: the contenders take turns, so that whatever else the machine does falls on all alike, and each turn is
 * compared with the floor's turn of the same round. Only ratios to the floor mean anything.
 *
 * @module
 */

import { ContenderProcess, type Turn } from "./contender_process.ts";
import type { Contender, Row } from "./row.ts";
import { median, spread } from "./statistics.ts";

/** What was found for one contender at one size. */
export interface Measured {
  row: string;
  n: number;
  contender: string;
  /** Median over the rounds, in floors of the same round. */
  ratio: number;
  /** Half of the rounds lie within this distance of the median, in floors. */
  spread: number;
  /** Median in milliseconds or bytes, for all items: for the size of things only. */
  cost: number;
  /** How often it was compared with the floor. */
  rounds: number;
  /** Of ours: the goal. */
  goal?: number;
}

/** A contender without a number, and why. */
export interface Failed {
  row: string;
  /** The size that it did not reach. */
  n: number;
  contender: string;
  failure: string;
}

/** A turn takes at least this long, so that a short round is done many times: milliseconds. */
const TURN = 15;
/** The first turn is for the compiler: milliseconds. */
const WARM_UP = 150;
/** What the floor and ours may take at a size of a row: milliseconds. */
const BUDGET = 2_500;
const MOST_ROUNDS = 25;
const FEWEST_ROUNDS = 5;
/** No goal hangs on a peer. */
const ROUNDS_OF_PEERS = 5;
/** A peer whose warm-up took longer than this takes part in few rounds, and in none of larger sizes: milliseconds. */
const TOO_SLOW = 800;
const ROUNDS_OF_SLOW = 2;

/** Measure one row at all its sizes. */
export async function measure(row: Row, report: (found: Measured | Failed) => void): Promise<void> {
  const contenders = new Map<string, Contestant>();
  try {
    for (const [name, contender] of Object.entries({ floor: row.floor, ours: row.ours, ...row.peers })) {
      contenders.set(name, new Contestant(row, name, contender));
    }
    for (const n of row.sizes) await measureSize(row, n, contenders, report);
  } finally {
    for (const contestant of contenders.values()) await contestant.end();
  }
}

async function measureSize(
  row: Row,
  n: number,
  contestants: Map<string, Contestant>,
  report: (found: Measured | Failed) => void,
): Promise<void> {
  async function drop(name: string, failure: string): Promise<void> {
    if (name === "floor") throw new Error(`${row.name}: the floor fails: ${failure}`);
    report({ row: row.name, n, contender: name, failure });
    await contestants.get(name)!.end();
    contestants.delete(name);
  }
  const roundsOf = new Map<string, number>();
  let lap = 0;
  for (const [name, contestant] of contestants) {
    const isPeer = name !== "floor" && name !== "ours";
    let start = 0;
    try {
      await contestant.start();
      start = performance.now();
      await contestant.turn(n, row.fresh ? 0 : WARM_UP);
    } catch (error) {
      await drop(name, (error as Error).message);
    }
    const took = performance.now() - start;
    if (isPeer) roundsOf.set(name, took > TOO_SLOW ? ROUNDS_OF_SLOW : ROUNDS_OF_PEERS);
    else lap += row.fresh ? took : Math.max(TURN, took - WARM_UP + TURN);
  }
  const fitting = Math.floor(BUDGET / lap);
  const rounds = Math.min(row.rounds ?? MOST_ROUNDS, Math.max(FEWEST_ROUNDS, fitting));
  const turns = new Map<string, Turn[]>([...contestants.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Whoever comes right after another may find the core still warm, or its memory still being cleaned: not always the same.
    const order = [...contestants];
    for (const [name, contestant] of round % 2 === 0 ? order : order.reverse()) {
      if (round >= (roundsOf.get(name) ?? rounds)) continue;
      try {
        turns.get(name)!.push(await contestant.turn(n, row.fresh ? 0 : TURN));
      } catch (error) {
        await drop(name, (error as Error).message);
      }
    }
  }
  const floors = turns.get("floor")!;
  for (const name of contestants.keys()) {
    const each = turns.get(name)!;
    const ratios = each.map(({ cost }, round) => cost / floors[round]!.cost);
    const goal = typeof row.goal === "number" ? row.goal : row.goal[n];
    report({
      row: row.name,
      n,
      contender: name,
      ratio: median(ratios),
      spread: spread(ratios),
      cost: median(each.map(({ cost }) => cost)),
      rounds: each.length,
      ...(name === "ours" && goal !== undefined ? { goal } : {}),
    });
  }
  const next = row.sizes[row.sizes.indexOf(n) + 1];
  if (next === undefined) return;
  for (const [name, rounds] of roundsOf) {
    // How long it takes says nothing about a process that has just started.
    if (row.fresh || rounds > ROUNDS_OF_SLOW || !contestants.has(name)) continue;
    await contestants.get(name)!.end();
    contestants.delete(name);
    report({ row: row.name, n: next, contender: name, failure: "left out, being too slow at the size before" });
  }
}

/** A contender with its process, or with one for each turn. */
class Contestant {
  readonly #make: () => Promise<ContenderProcess>;
  readonly #fresh: boolean;
  #process: ContenderProcess | null = null;

  constructor(row: Row, name: string, contender: Contender) {
    this.#make = () => ContenderProcess.start(row, name, contender);
    this.#fresh = row.fresh ?? false;
  }

  /** Have the process there. */
  async start(): Promise<ContenderProcess> {
    return this.#process ??= await this.#make();
  }

  async turn(n: number, atLeast: number): Promise<Turn> {
    const process = await this.start();
    try {
      return await process.turn(n, atLeast);
    } finally {
      if (this.#fresh) await this.end();
    }
  }

  async end(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    this.#process = null;
  }
}
