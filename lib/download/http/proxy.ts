/** Reads a variable of the environment. */
export type ReadVariable = (name: string) => string | undefined;

/**
 * What proxy the environment sends a request through, for messages: host and port, without what gives access to it. Where
 * that is not certain, nothing is said; and no permission is asked for.
 */
export function proxyFor({ protocol, hostname }: URL, read: ReadVariable = granted): string | undefined {
  const either = (name: string) => read(name) || read(name.toLowerCase()) || undefined;
  const proxy = either("ALL_PROXY") ?? either(protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (proxy === undefined || isExempt(hostname, either("NO_PROXY") ?? "")) return undefined;
  return URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`)?.host || undefined;
}

/** Whether a host may be among those that are reached without a proxy: a domain is so with all below it. */
function isExempt(host: string, exempt: string): boolean {
  return exempt.split(",").map((entry) => entry.trim().replace(/^\*?\./, "")).some((entry) =>
    entry === "*" || entry === host || (entry !== "" && host.endsWith(`.${entry}`)) ||
    // A range of addresses.
    (entry.includes("/") && /^[\d.]+$|^\[/.test(host))
  );
}

function granted(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name);
}
