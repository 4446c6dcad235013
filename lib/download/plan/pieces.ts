/** Which pieces of a file are there. */
export interface DonePieces {
  /** Bytes of each but the last. */
  readonly size: number;
  /** Their numbers, from 0. */
  readonly done: readonly number[];
}

/** Bytes of a piece: large enough that a request for each costs nothing. */
export const PIECE_SIZE = 1 << 24;

/** A piece of a file. */
export interface Piece {
  readonly number: number;
  /** First byte. */
  readonly first: number;
  /** Last byte; it belongs to the piece. */
  readonly last: number;
}

/** The pieces of a file that is fetched in several: which are there, and which are on their way. */
export class Pieces {
  readonly #pieceSize: number;
  readonly #size: number;
  readonly #done: Set<number>;
  /** All before this one are there, or on their way. */
  #next = 0;
  readonly #givenBack: Piece[] = [];

  /**
   * @param size Bytes of the whole file.
   * @param done Which pieces are there, and how large they are. Of a file that is all there the last one counts as missing:
   * fetching it shows whether the file is still the same.
   */
  constructor(size: number, done: DonePieces = { size: PIECE_SIZE, done: [] }) {
    this.#size = size;
    this.#pieceSize = done.size;
    this.#done = new Set(done.done.filter((number) => number < this.#count));
    if (this.complete) this.#done.delete(this.#count - 1);
  }

  /** Bytes that are there. */
  get received(): number {
    let sum = 0;
    for (const number of this.#done) sum += this.#lengthOf(number);
    return sum;
  }

  /** Whether all are there. */
  get complete(): boolean {
    return this.#done.size === this.#count;
  }

  /** For the record. */
  get state(): DonePieces {
    return { size: this.#pieceSize, done: [...this.#done].sort((a, b) => a - b) };
  }

  /** Take the first piece that is neither there nor on its way. */
  take(): Piece | undefined {
    if (this.#givenBack.length > 0) return this.#givenBack.pop();
    while (this.#done.has(this.#next)) this.#next++;
    if (this.#next >= this.#count) return undefined;
    const number = this.#next++;
    const first = number * this.#pieceSize;
    return { number, first, last: first + this.#lengthOf(number) - 1 };
  }

  /** Give a piece back that was taken and will not come: another connection may take it. */
  giveBack(piece: Piece): void {
    this.#givenBack.push(piece);
  }

  /** A piece is there. */
  finish({ number }: Piece): void {
    this.#done.add(number);
  }

  get #count(): number {
    return Math.ceil(this.#size / this.#pieceSize);
  }

  #lengthOf(number: number): number {
    return Math.min(this.#pieceSize, this.#size - number * this.#pieceSize);
  }
}
