import { TaskGroupError } from "../errors.ts";
import { realTime } from "../core/platform.ts";
import { type TaskGroup, taskGroup } from "../tasks/task_group.ts";
import type { Attempt } from "./attempt.ts";
import { type Answer, discard } from "./http/answer.ts";
import { ask, take } from "./http/exchange.ts";
import { type Watch, watched } from "./http/watch.ts";
import { type Piece, PIECE_SIZE, type Pieces } from "./plan/pieces.ts";
import { isOutOfFiles, type Slot } from "./plan/schedule.ts";
import { DownloadError } from "./words/download_error.ts";

/** A connection that brings so many bytes a second needs no others beside it. */
const FAST = 1 << 26;

/**
 * Fetch the pieces that are missing, the first of them with the answer that is there. Others help as soon as it shows
 * that one connection is slow; each of them waits for its turn like any other request to that host.
 */
export async function takePieces(
  attempt: Attempt,
  pieces: Pieces,
  first: { piece: Piece; answer: Answer },
  watch: Watch,
): Promise<void> {
  const fetching = new PieceFetching(attempt, pieces);
  const start = realTime.now();
  await fetching.take(first.piece, first.answer, watch);
  watch.receiving(false);
  const { split } = attempt.session.settings;
  const slow = realTime.now() - start > (PIECE_SIZE / FAST) * 1000;
  try {
    await taskGroup((group) => {
      group.createTask(() => fetching.fetchAll(attempt.slot, group), { name: "pieces" });
      for (let i = 1; slow && i < split; i++) {
        group.createTask(() => fetching.help(group), { name: `pieces (${i})` });
      }
    });
  } catch (error) {
    throw error instanceof TaskGroupError ? error.errors[0] : error;
  }
  // What a helper has given back too late for the others.
  await fetching.fetchAll(attempt.slot);
}

class PieceFetching {
  readonly #attempt: Attempt;
  readonly #pieces: Pieces;
  #received: number;

  constructor(attempt: Attempt, pieces: Pieces) {
    this.#attempt = attempt;
    this.#pieces = pieces;
    this.#received = pieces.received;
    attempt.listener.onStart(attempt.part.record!.size, this.#received);
  }

  /** Fetch pieces until there are no more. The last that comes ends the group, with those who wait for their turn. */
  async fetchAll(slot: Slot, group?: TaskGroup): Promise<void> {
    for (let piece = this.#pieces.take(); piece !== undefined; piece = this.#pieces.take()) {
      try {
        await this.#fetch(piece, slot);
      } catch (error) {
        if (isOutOfFiles(error)) this.#pieces.giveBack(piece);
        throw error;
      }
    }
    if (this.#pieces.complete) group?.cancel("all pieces are there");
  }

  /** The same, after waiting for a turn. Where the system lets us open no more files, the others do without this help. */
  async help(group: TaskGroup): Promise<void> {
    const { session: { schedule }, source } = this.#attempt;
    using slot = await schedule.acquire(source.url.host);
    try {
      await this.fetchAll(slot, group);
      slot.succeeded();
    } catch (error) {
      if (!isOutOfFiles(error) || !slot.outOfFiles()) throw error;
    }
  }

  /** Read one piece. */
  async take(piece: Piece, answer: Answer, watch: Watch): Promise<void> {
    const { session, part, listener } = this.#attempt;
    let at = piece.first;
    await take(session, answer, piece.last + 1 - piece.first, piece.first, watch, (bytes) => {
      part.write(bytes, at);
      at += bytes.length;
      listener.onBytes(this.#received += bytes.length);
    });
    this.#pieces.finish(piece);
    part.amend({ ...part.record!, pieces: this.#pieces.state });
  }

  async #fetch(piece: Piece, slot: Slot): Promise<void> {
    const { session, source, part, wanted } = this.#attempt;
    await watched(session.settings, async (watch) => {
      const asked = { first: piece.first, last: piece.last, record: part.record, checked: wanted.checksum !== null };
      const { answer, verdict } = await ask(session, source, asked, slot, watch);
      if (verdict.is === "range") return await this.take(piece, answer, watch);
      await discard(answer);
      // What is there has been confirmed piece by piece. The next attempt begins with one that is missing: whatever comes
      // then is judged alone, with no others writing into the part, and is the whole file where it is no piece.
      const why = verdict.is === "other" ? verdict.why : "the server sent the whole file";
      throw new DownloadError("answer", `Cannot go on with the next piece: ${why}`, { retriable: true });
    });
  }
}
