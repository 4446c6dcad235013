import type { Folder } from "./disk/folder.ts";
import type { PartFile } from "./disk/part_file.ts";
import type { WantedFile } from "./disk/part_record.ts";
import type { SizePoll } from "./disk/size_poll.ts";
import type { Answer, Verdict } from "./http/answer.ts";
import type { Exchanges } from "./http/exchange.ts";
import type { Schedule, Slot } from "./plan/schedule.ts";
import type { Checksum, DigestAlgorithm } from "./words/checksum.ts";
import type { Source } from "./words/request.ts";

/** What all files of one call share. */
export interface Session extends Exchanges {
  readonly folder: Folder;
  readonly schedule: Schedule;
  readonly sizePoll: SizePoll;
}

/** One attempt to get a file, or the rest of it, into its part. */
export interface Attempt {
  readonly session: Session;
  /** What was asked for. */
  readonly wanted: WantedFile;
  readonly source: Source;
  readonly part: PartFile;
  readonly slot: Slot;
  /** The digest to compute, if any. */
  readonly algorithm: DigestAlgorithm | undefined;
  readonly listener: AttemptListener;
}

/** Hears how an attempt comes along. */
export interface AttemptListener {
  /**
   * An answer has come that carries the file.
   *
   * @returns The encodings of its bytes that have to be decoded, first to last; `null` when the file is not wanted.
   */
  onAnswer(answer: Answer): Promise<readonly string[] | null>;
  /** Bytes are about to come: so many of the file, of that size, are there. */
  onStart(size: number | null, received: number): void;
  /** Bytes have come: so many of the file are there. */
  onBytes(received: number): void;
}

/** What a successful attempt has found out about the file. */
export interface Transferred {
  /** Where the file came from, after redirects. */
  readonly finalUrl: string;
  /** The digest of the file; `null` when none was asked for, and the server has stated none. */
  readonly digest: Checksum | null;
  /** The digest that the server has stated. */
  readonly stated: Checksum | undefined;
  /** Bytes that had been there before. */
  readonly resumed: number;
}

/** An answer that can be used. */
export interface UsableAnswer {
  readonly answer: Answer;
  readonly verdict: Exclude<Verdict, { readonly is: "other" }>;
}
