// What files on their way are called. These names are ours: no file that is downloaded gets that of a record.

/** Put behind the name of a file while it is on its way. */
const PART = ".part";

/** Put behind the name of a part: a name that no other program uses, so that every file of that name is a record. */
const RECORD = ".asyncio";

/** Put behind the name of a record while it is written. */
const DRAFT = "~";

/** The longest that is put behind a name. */
export const LONGEST_SUFFIX: string = `${PART}${RECORD}${DRAFT}`;

/** Names that only records have, whatever capitals they are written in. */
const OURS = /\.part\.asyncio(~?)$/i;

/** The name of the part of a file. */
export function partNameOf(name: string): string {
  return `${name}${PART}`;
}

/** The name, or the path, of the record of a part. */
export function recordOf(part: string): string {
  return `${part}${RECORD}`;
}

/** Where a record is written, before it gets its name. */
export function draftOf(part: string): string {
  return `${part}${RECORD}${DRAFT}`;
}

/** The part that the file called `name` is the record of, by its name. */
export function partOfRecord(name: string): string | undefined {
  return name.endsWith(`${PART}${RECORD}`) ? name.slice(0, -RECORD.length) : undefined;
}

/** Change the name of a file if it is that of a record: no server may leave a record for a later download. */
export function avoidRecordName(name: string): string {
  return name.replace(OURS, ".part_asyncio$1");
}
