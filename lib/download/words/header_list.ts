/** Names, in small letters, and values. To copy a `Headers` object would cost more than all else about a request. */
export type HeaderList = readonly [name: string, value: string][];

/** Headers that are meant for one origin. */
const SECRETS = ["authorization", "cookie", "host", "proxy-authorization"];

/** Leave out the headers that are meant for another origin. */
export function withoutSecretHeaders(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !SECRETS.includes(name));
}

/** Put headers in the place of those of the same name. */
export function withHeaders(headers: HeaderList, others: HeaderList): HeaderList {
  if (headers.length === 0) return others;
  return [...headers.filter(([name]) => others.every(([other]) => other !== name)), ...others];
}
