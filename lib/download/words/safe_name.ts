import { LONGEST_SUFFIX } from "./part_names.ts";

/** What a file is called when nothing else is known. */
export const FALLBACK = "index.html";

/** Bytes that file systems take for a name, less what is put behind it while it is downloaded, or when it is numbered. */
const MOST_BYTES = 255 - " (99999)".length - LONGEST_SUFFIX.length;

/** An ending longer than that is no file extension. */
const LONGEST_EXTENSION = 32;

/**
 * Characters that are not seen, that turn the direction of what is, or that are halves of one: control characters,
 * zero-width ones, marks of direction, line and paragraph separators, the byte order mark, lone surrogates, tags.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What Windows takes in no name, so that the same download works everywhere. */
const FORBIDDEN = /[<>:"|?*]/g;

/** Names of devices on Windows, also with an extension. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\s*(\.|$))/i;

/**
 * Make one safe file name of anything: no folder, nothing hidden, nothing unseen, no device, not too long. The result is
 * never empty, and is its own safe name.
 */
export function safeName(name: string): string {
  const visible = name.replace(UNSEEN, "").normalize("NFC");
  const last = visible.split(/[/\\]/).findLast((segment) => !/^[\s.]*$/.test(segment)) ?? "";
  return trim(shorten(withoutDeviceName(trim(last.replace(FORBIDDEN, "_"))))) || FALLBACK;
}

/** Change a name that the caller has chosen so that Windows can store it, too. A hidden name stays hidden. */
export function portable(name: string): string {
  return withoutDeviceName(name.replace(/\p{Cc}/gu, "_").replace(FORBIDDEN, "_").replace(/[\s.]+$/, "")) || FALLBACK;
}

function withoutDeviceName(name: string): string {
  return DEVICE.test(name) ? `_${name}` : name;
}

/** The safe name of what a URL points to: the last part of its path. */
export function nameInUrl({ pathname }: URL): string {
  const last = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return safeName(decodeURIComponent(last));
  } catch {
    // Not every path is encoded text.
    return safeName(last);
  }
}

/** `photo.jpg`, `photo (1).jpg`, `photo (2).jpg`, and so on for ever. */
export function* numbered(name: string): Generator<string> {
  yield name;
  const { stem, extension } = split(name);
  for (let i = 1;; i++) yield `${stem} (${i})${extension}`;
}

/** No dot or dash in front, where it would hide the file or be taken for an option; no dot or space at the end. */
function trim(name: string): string {
  return name.replace(/^[\s.-]+|[\s.]+$/g, "");
}

function shorten(name: string): string {
  const { stem, extension } = split(name);
  const room = MOST_BYTES - byteLength(extension);
  if (byteLength(stem) <= room) return name;
  let kept = "";
  let bytes = 0;
  // By character, so that none is cut in halves.
  for (const character of stem) {
    bytes += byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return kept + extension;
}

/** Take the extension off: the last one, and `.tar` before it. */
function split(name: string): { stem: string; extension: string } {
  const [extension = ""] = name.match(/(?<=.)(\.tar)?\.[^.\s]+$/i) ?? [];
  if (byteLength(extension) > LONGEST_EXTENSION) return { stem: name, extension: "" };
  return { stem: name.slice(0, name.length - extension.length), extension };
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Where a file goes, as the caller has written it. */
export interface OwnName {
  /** Folders below that of the call, with slashes between them; empty for none. */
  readonly folder: string;
  /** `undefined` when only folders were given. */
  readonly name: string | undefined;
}

/**
 * Read a name that the caller has given, maybe with folders in front. It is kept as it is, as far as the system can store
 * it. What would lead out of the folder of the call leads nowhere: the name is read as if that was the root.
 *
 * @param text The name; one that ends with a slash leaves the file its own name.
 * @param os The system, as `Deno.build.os` has it.
 */
export function ownName(text: string, os: string = Deno.build.os): OwnName {
  const windows = os === "windows";
  const path: string[] = [];
  const parts = text.split(windows ? /[/\\]/ : "/");
  for (const part of parts) {
    if (part === "..") path.pop();
    else if (part !== "" && part !== ".") path.push(windows ? portable(part) : part);
  }
  const name = parts.at(-1) === "" && path.length > 0 ? undefined : path.pop() ?? FALLBACK;
  return { folder: path.join("/"), name };
}
