import { realTime } from "../core/platform.ts";

/** For how long one look serves all who ask, in milliseconds. */
const FRESH = 10;

let last: { at: number; groups: Promise<ReadonlySet<number> | null> } | null = null;

/**
 * The process groups that have somebody alive in them; `null` where the system does not let us look. A signal cannot tell:
 * the dead that nobody has collected still get it, and the first process of a container often collects nobody.
 *
 * @param since What was seen before that is not what is asked for: a group may be younger.
 */
export function livingGroups(since: number): Promise<ReadonlySet<number> | null> {
  const now = realTime.now();
  if (last === null || last.at < since || now - last.at > FRESH) last = { at: now, groups: look() };
  return last.groups;
}

async function look(): Promise<ReadonlySet<number> | null> {
  if (Deno.build.os !== "linux") return null;
  const groups = new Set<number>();
  try {
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      // One that has ended meanwhile has no file any more.
      const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch((error) => {
        if (error instanceof Deno.errors.NotCapable) throw error;
        return "";
      });
      // The name of the program, in brackets, may hold anything.
      const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (group !== undefined && state !== "Z" && state !== "X") groups.add(Number(group));
    }
    return groups;
  } catch {
    return null;
  }
}
