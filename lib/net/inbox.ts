/** How much is read at a time, at first and at most: an idle connection should not cost what a busy one needs. */
const LEAST = 2 * 1024;
const MOST = 64 * 1024;

/** The bytes that have come and that nobody has taken yet. They are read right into it, and copied once, for who takes them. */
export class Inbox {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** How much is to be read next. */
  #size = LEAST;

  /** How many there are. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Where the next ones may be put. Nothing may be put there, and no room be asked for, before those have come. */
  get room(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length - this.#end < this.#size) this.#makeRoom();
    return this.#bytes.subarray(this.#end, this.#end + this.#size);
  }

  /** So many have come. */
  add(count: number): void {
    this.#end += count;
    if (count === this.#size) this.#size = Math.min(2 * this.#size, MOST);
  }

  /** Take the first `count`. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(this.#start, this.#start + count);
    this.#start += count;
    return taken;
  }

  /** The first `count`, to be looked at before anything else happens. */
  peek(count: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(this.#start, this.#start + count);
  }

  #makeRoom(): void {
    const { length } = this;
    const needed = length + this.#size;
    // Half of it at least is free then, so that what is moved is paid for by what was taken.
    const isLargeEnough = this.#bytes.length >= 2 * length + this.#size && this.#bytes.length <= 8 * MOST;
    const bytes = isLargeEnough ? this.#bytes : new Uint8Array(Math.max(needed, 2 * length));
    bytes.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = bytes;
    this.#start = 0;
    this.#end = length;
  }
}
