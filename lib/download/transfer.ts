import { type AskedRange, discard, isSamePlace } from "./http/answer.ts";
import type { Attempt, Transferred, UsableAnswer } from "./attempt.ts";
import { type Checksum, checksumIn, Digest, type DigestAlgorithm } from "./words/checksum.ts";
import { digestOfPart } from "./disk/digest.ts";
import { DownloadError } from "./words/download_error.ts";
import { ask } from "./http/exchange.ts";
import { takeWhole } from "./take_whole.ts";
import { takePieces } from "./take_pieces.ts";
import type { PartRecord } from "./disk/part_record.ts";
import { type Piece, PIECE_SIZE, Pieces } from "./plan/pieces.ts";
import { decodeAnswer } from "./http/encoding.ts";
import { strongValidator, versionOf } from "./http/validator.ts";
import { type Watch, watched } from "./http/watch.ts";

/** Get a file, or the rest of it, into its part. Returns `undefined` when it is not wanted. */
export async function transfer(attempt: Attempt): Promise<Transferred | undefined> {
  const { session, part, algorithm, wanted } = attempt;
  const checked = wanted.checksum !== null;
  // More bytes than the file has, or fewer than were written: another program has been here.
  if (part.length > (part.record?.size ?? Infinity) || part.wasCut) part.clear();
  const { record } = part;
  if (record?.pieces && record.size !== null) {
    const pieces = new Pieces(record.size, record.pieces);
    const piece = pieces.take()!;
    return await fetchInto(attempt, { ...piece, record, checked }, { pieces, piece });
  }
  if (record !== null && part.resumable && (checked || record.validator !== null)) {
    // Of a file that is all there the last byte is fetched again: that shows whether it is still the same.
    const first = Math.min(part.length, (record.size ?? Infinity) - 1);
    // Before the request, so that no connection has to wait for it.
    const digest = algorithm === undefined ? undefined : await digestOfPart(part, algorithm, first);
    return await fetchInto(attempt, { first, last: null, record, checked }, undefined, digest);
  }
  // Where our own limit slows it down, more connections do not help.
  const whole = session.settings.split === 1 || session.rate.limited;
  return await fetchInto(attempt, whole ? null : { first: 0, last: PIECE_SIZE - 1, record: null, checked });
}

/** What is there of a file that comes in pieces, and the one to ask for first. */
interface StartedPieces {
  readonly pieces: Pieces;
  readonly piece: Piece;
}

/**
 * Make the first request, and take what comes.
 *
 * @param started When pieces are there already.
 * @param prefix The digest of what is there, to be added to.
 */
async function fetchInto(
  attempt: Attempt,
  asked: AskedRange | null,
  started?: StartedPieces,
  prefix?: Digest,
): Promise<Transferred | undefined> {
  const { session, part } = attempt;
  return await watched(session.settings, async (watch) => {
    const usable = await askFor(attempt, asked, watch);
    try {
      return await takeWhatCame(usable, watch);
    } finally {
      await discard(usable.answer);
    }
  });

  async function takeWhatCame(usable: UsableAnswer, watch: Watch): Promise<Transferred | undefined> {
    const { answer, verdict } = usable;
    // What is there may have to be read first: that must not count as waiting for the server.
    watch.receiving(false);
    const codings = await attempt.listener.onAnswer(answer);
    if (codings === null) return undefined;
    if (codings.length > 0) return await takeDecoded(attempt, usable, watch);
    const finalUrl = answer.url.href;
    // A checksum of the request comes before any other.
    const stated = attempt.wanted.checksum !== null
      ? undefined
      : checksumIn(answer.response.headers, attempt.algorithm);
    const algorithm = attempt.algorithm ?? stated?.algorithm;
    const inPieces = verdict.is === "range" ? started ?? divide(attempt, usable, asked) : undefined;
    if (inPieces !== undefined) {
      const { pieces, piece } = inPieces;
      const resumed = pieces.received;
      if (started !== undefined) part.resume(part.length, attempt.wanted, finalUrl, answer.response.headers);
      await takePieces(attempt, pieces, { piece, answer }, watch);
      const digest = algorithm === undefined ? undefined : await digestOfPart(part, algorithm, part.length);
      return { finalUrl, resumed, digest: checksumOf(digest, algorithm), stated };
    }
    const resumed = verdict.is === "range" ? verdict.first : 0;
    const digest = algorithm === undefined
      ? undefined
      : resumed > 0
      ? prefix ?? await digestOfPart(part, algorithm, resumed)
      : await Digest.begin(algorithm);
    await takeWhole(attempt, usable, digest, watch);
    return { finalUrl, resumed, digest: checksumOf(digest, algorithm), stated };
  }
}

function checksumOf(digest: Digest | undefined, algorithm: DigestAlgorithm | undefined): Checksum | null {
  return digest === undefined || algorithm === undefined ? null : { algorithm, hex: digest.hex() };
}

/** Take a file and unpack it: from its first byte, as what is there cannot be compared with what comes. */
async function takeDecoded(attempt: Attempt, { answer, verdict }: UsableAnswer, watch: Watch): Promise<Transferred> {
  const { session, source, part, slot, algorithm } = attempt;
  if (verdict.is === "range") {
    await discard(answer);
    part.clear();
    return await takeDecoded(attempt, await ask(session, source, null, slot, watch) as UsableAnswer, watch);
  }
  const plain = await decodeAnswer(answer, "content-encoding");
  try {
    const digest = algorithm === undefined ? undefined : await Digest.begin(algorithm);
    await takeWhole(attempt, { answer: plain, verdict: { is: "whole", size: null } }, digest, watch);
    return { finalUrl: answer.url.href, resumed: 0, digest: checksumOf(digest, algorithm), stated: undefined };
  } finally {
    await discard(plain);
  }
}

/** Ask for a range; where what comes does not fit what is there, for the whole file. */
async function askFor(attempt: Attempt, asked: AskedRange | null, watch: Watch): Promise<UsableAnswer> {
  const { session, source, part, slot } = attempt;
  const { answer, verdict } = await ask(session, source, asked, slot, watch);
  if (verdict.is === "whole") return { answer, verdict };
  if (verdict.is === "range") {
    if (asked?.record) return { answer, verdict };
    const { first, last, size } = verdict;
    // A first piece that is all there is.
    if (size === last + 1) return { answer, verdict: { is: "whole", size } };
    // Others can be joined to it when it is known how many there are, and that they will be of the same version.
    const { headers } = answer.response;
    if (first === 0 && size !== null && strongValidator(headers) !== undefined) return { answer, verdict };
  }
  await discard(answer);
  const { record } = part;
  part.clear();
  // Only for a range there is another verdict.
  const plain = await ask(session, source, null, slot, watch) as UsableAnswer;
  return record === null ? plain : agreeing(plain, record);
}

/**
 * Compare the plain answer to what was said of the same version before: a cache may have kept what it got of a broken
 * connection. It is asked again before it is believed, as by then nothing is left of what was said before.
 */
async function agreeing({ answer, verdict }: UsableAnswer, record: PartRecord): Promise<UsableAnswer> {
  const { size, validator } = record;
  const same = size !== null && validator?.kind === "etag" && isSamePlace(answer.url.href, record.finalUrl) &&
    answer.response.headers.get("etag")?.trim() === validator.value;
  if (!same || verdict.is === "range" || verdict.size === size) return { answer, verdict };
  // It says nothing of its length: then it must have the one that is known.
  if (verdict.size === null) return { answer, verdict: { is: "whole", size } };
  await discard(answer);
  throw new DownloadError("answer", `The server says that the file has ${verdict.size} bytes: it had ${size} before`, {
    retriable: true,
  });
}

/** Divide a file into pieces, when its first one was asked for and has come. */
function divide(
  { part, wanted }: Attempt,
  { answer, verdict: { size } }: UsableAnswer,
  asked: AskedRange | null,
): StartedPieces | undefined {
  if (asked === null || asked.record !== null || size === null) return undefined;
  const pieces = new Pieces(size);
  const piece = pieces.take()!;
  const { headers } = answer.response;
  const validator = strongValidator(headers)!;
  const said = versionOf(headers);
  part.begin({ ...wanted, finalUrl: answer.url.href, validator, said, size, pieces: pieces.state });
  return { pieces, piece };
}
