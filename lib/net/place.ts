import { formatHost, withAddress } from "./address.ts";

/** Where to listen. */
export interface Place {
  port?: number | undefined;
  hostname?: string | undefined;
  path?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

/** Listen there for connections. */
export function listenAt(place: Place): Deno.Listener {
  const { hostname = "0.0.0.0", port = 0, path, cert, key } = place;
  return tellingWhere(place, () => {
    if (path !== undefined) return Deno.listen({ transport: "unix", path });
    if (cert === undefined && key === undefined) return Deno.listen({ hostname, port });
    return Deno.listenTls({ hostname, port, cert: cert!, key: key! });
  });
}

/** Call what listens there. Errors of the platform, which do not say where that was, do so here. */
export function tellingWhere<T>({ hostname = "0.0.0.0", port, path }: Place, listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    throw withAddress(error, path ?? `${formatHost(hostname)}:${port}`);
  }
}
