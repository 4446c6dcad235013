import { DownloadError } from "../words/download_error.ts";

/** What `fetch` puts in front of the part that tells something. */
const PREAMBLE = /^error sending request (from \S+ )?for (url \()?\S+?\)?( \([^)]*\))?: /;

/** Stages of the client inside `fetch`: of no use to a reader. */
const STAGE = /^client error \(\w+\): /;

/** Errors of the system are numbered after their text. */
const NUMBER = / \(os error \d+\)$/;

/** That is all that the platform reads of an answer's head, and it has no option for more. */
const HEAD_TOO_LARGE = "The head of the answer has more than 100 lines, or 400 KiB: Deno reads no more over HTTP/1.1";

/** What does not change from one attempt to the next. */
const PERMANENT = /certificate|blocked|NotValidForName|UnknownIssuer/i;

/**
 * Make a {@linkcode DownloadError} of what `fetch`, or reading its body, has thrown. There is no code to tell errors
 * apart by: their text is all there is, in the `cause` of a failed request.
 */
export function networkError(error: unknown, doing: string): DownloadError {
  const { cause: inner } = error as Error;
  const reason = inner instanceof Error ? inner : error;
  const text = reason instanceof Error ? reason.message : String(reason);
  if (reason instanceof Deno.errors.NotCapable) {
    return new DownloadError("permission", `Cannot ${doing}: ${text}`, { cause: error });
  }
  if (text.endsWith("message head is too large")) {
    return new DownloadError("answer", HEAD_TOO_LARGE, { cause: error });
  }
  const told = text.replace(PREAMBLE, "").replace(STAGE, "").replace(NUMBER, "");
  return new DownloadError("network", `Cannot ${doing}: ${told}`, { cause: error, retriable: !PERMANENT.test(text) });
}
