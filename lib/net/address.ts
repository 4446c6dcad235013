/** The end of a connection, or where to listen. */
export type Address = Deno.NetAddr | Deno.UnixAddr;

/** For messages and pictures: `127.0.0.1:8000`, `[::1]:8000`, or a path. */
export function formatAddress(address: Address): string {
  if ("port" in address) return `${formatHost(address.hostname)}:${address.port}`;
  // The client of a Unix socket has none.
  return address.path || "a Unix socket";
}

/** A host as it stands in URLs. */
export function formatHost(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/** The error of the platform, with `address` in its message, as the platform itself seldom tells it. */
export function withAddress(error: unknown, address: string): unknown {
  // The reason of a signal is somebody else's.
  if (!(error instanceof Error) || error instanceof DOMException || error.message.includes(address)) return error;
  const { message, stack } = error;
  error.message = `${message}: ${address}`;
  // The stack was written with the message as it was.
  if (stack?.includes(message)) error.stack = stack.replace(message, () => error.message);
  return error;
}
