import { waitAskedFor } from "../../flow/retry_after.ts";
import { type Answer, type AskedRange, discard, isTransient, judge, type Verdict } from "./answer.ts";
import { DownloadError } from "../words/download_error.ts";
import type { HeaderList, Source } from "../words/request.ts";
import { type BufferPool, type RateLimit, receive } from "./receive.ts";
import type { Slot } from "../plan/schedule.ts";
import { type Connections, send } from "./send.ts";
import type { Settings } from "../words/options.ts";
import { ifRange } from "./validator.ts";
import type { Watch } from "./watch.ts";

/** What the requests of one call share. */
export interface Exchanges extends Connections {
  readonly settings: Settings;
  readonly rate: RateLimit;
  readonly buffers: BufferPool;
}

/** Answers by which a host asks for fewer requests, also without saying for how long. */
const OVERLOADED: readonly number[] = [429, 503];

/** Make one request and judge the answer. The body is to be read or cancelled, unless this throws. */
export async function ask(
  session: Exchanges,
  source: Source,
  asked: AskedRange | null,
  slot: Slot,
  watch: Watch,
): Promise<{ answer: Answer; verdict: Verdict }> {
  watch.connecting();
  const answer = await send(source, headersFor(asked), watch.signal, session);
  const { response } = answer;
  const wait = isTransient(response) ? waitAskedFor(response.headers) : undefined;
  if (wait !== undefined || OVERLOADED.includes(response.status)) {
    slot.refused(Math.min(wait ?? 0, session.settings.maxRetryAfter));
  }
  try {
    const verdict = judge(answer, asked);
    checkSize(verdict, session.settings.maxSize);
    return { answer, verdict };
  } catch (error) {
    await discard(answer);
    throw error;
  }
}

/** Read the body of an answer. `expected` are the bytes that must come, `before` those that are there. */
export async function take(
  session: Exchanges,
  { response }: Answer,
  expected: number | null,
  before: number,
  watch: Watch,
  onBytes: (bytes: Uint8Array) => void,
): Promise<void> {
  const { rate, buffers, settings: { maxSize } } = session;
  // Whatever was announced, what counts is what comes.
  const most = Math.min(expected ?? Infinity, maxSize - before);
  watch.receiving(true);
  await receive(response.body, {
    expected,
    most,
    rate,
    buffers,
    take(bytes) {
      watch.arrived(bytes.length);
      onBytes(bytes);
    },
    onWaiting: (waiting) => watch.receiving(waiting),
  });
}

function checkSize(verdict: Verdict, maxSize: number): void {
  if (verdict.is === "other" || verdict.size === null || verdict.size <= maxSize) return;
  throw new DownloadError("size", `The file has ${verdict.size} bytes: at most ${maxSize} are allowed`);
}

// A file is to come as it is: compressed on the way it could be neither measured nor resumed.
const AS_IT_IS: HeaderList = [["accept-encoding", "identity"]];

function headersFor(asked: AskedRange | null): HeaderList {
  if (asked === null) return AS_IT_IS;
  const range: HeaderList = [...AS_IT_IS, ["range", `bytes=${asked.first}-${asked.last ?? ""}`]];
  // Another place may tell the same version by another name: of what is added up in the end the size is enough.
  if (asked.record === null || asked.record.validator === null || asked.checked) return range;
  return [...range, ifRange(asked.record.validator)];
}
