import type { Verdict } from "./http/answer.ts";
import type { Checksum, DigestAlgorithm } from "./words/checksum.ts";
import type { PartFile } from "./disk/part_file.ts";
import type { WantedFile } from "./disk/part_record.ts";
import type { Source } from "./words/request.ts";
import type { Slot } from "./plan/schedule.ts";
import type { Answer } from "./http/send.ts";
import type { Session } from "./session.ts";

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
  /** An answer has come that carries the file. Returns what to undo of what was done to its bytes; `null` when it is not wanted. */
  onAnswer(answer: Answer): Promise<readonly string[] | null>;
  /** Bytes are about to come. */
  onStart(size: number | null, received: number): void;
  /** Bytes have come. */
  onBytes(received: number): void;
}

/** What an attempt has brought. */
export interface Brought {
  /** Where the file came from, after redirects. */
  readonly finalUrl: string;
  /** What it adds up to; `null` when nobody has asked, and the server has not said. */
  readonly digest: Checksum | null;
  /** What the server has said that it adds up to. */
  readonly stated: Checksum | undefined;
  /** Bytes that had been there before. */
  readonly resumed: number;
}

/** An answer that can be used. */
export interface UsableAnswer {
  readonly answer: Answer;
  readonly verdict: Exclude<Verdict, { readonly is: "other" }>;
}
