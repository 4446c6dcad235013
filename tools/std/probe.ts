/** How long the registry may take to answer before it counts as out of reach. */
const PATIENCE_MS = 1_500;

/**
 * How long an answer is believed. "Out of reach" for less than an hour, so that a machine that regains its network
 * soon uses the real registry again; "reachable" for less, since a wrong belief there makes the next command fail.
 */
const BELIEF_MS = { reachable: 10 * 60_000, unreachable: 45 * 60_000 };

/** What was learnt about the registry, and when. */
export interface Finding {
  /** Whether it answered. */
  readonly reachable: boolean;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** Ask a JSR registry for one package's list of versions, and tell whether it answered with one. */
export async function probe(registry: string, patience = PATIENCE_MS): Promise<boolean> {
  try {
    const response = await fetch(new URL("@std/assert/meta.json", registry), { signal: AbortSignal.timeout(patience) });
    // A captive portal answers too, with a page: only the expected JSON counts.
    const meta = await response.json();
    return response.ok && typeof meta === "object" && meta !== null && "versions" in meta;
  } catch {
    return false;
  }
}

/** Tell whether the registry can be reached, from the finding kept in `file` while that is fresh. */
export async function isReachable(registry: string, file: URL): Promise<boolean> {
  const known = await recall(file);
  if (known !== undefined) return known.reachable;
  const reachable = await probe(registry);
  await remember(file, { reachable, at: Date.now() });
  return reachable;
}

/** Read a finding that is still fresh; anything unreadable counts as none. */
async function recall(file: URL): Promise<Finding | undefined> {
  try {
    const finding: Finding = JSON.parse(await Deno.readTextFile(file));
    const age = Date.now() - finding.at;
    const belief = finding.reachable ? BELIEF_MS.reachable : BELIEF_MS.unreachable;
    // A negative age means that the clock was set back: the finding could be of any age.
    return age >= 0 && age < belief ? finding : undefined;
  } catch {
    return undefined;
  }
}

/** Keep a finding. Written aside and renamed, so that a task that reads at this moment sees a whole file. */
async function remember(file: URL, finding: Finding): Promise<void> {
  const aside = new URL(`${file.href}.${crypto.randomUUID()}`);
  await Deno.mkdir(new URL("./", file), { recursive: true });
  await Deno.writeTextFile(aside, JSON.stringify(finding));
  await Deno.rename(aside, file);
}
