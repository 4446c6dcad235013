import { realTime } from "../core/platform.ts";

/** For how long one look serves all who ask, in milliseconds. */
const FRESH = 10;

/** The process groups that have somebody alive in them, each with the session that it is part of. */
export type LivingGroups = ReadonlyMap<number, number>;

let last: { at: number; groups: Promise<LivingGroups | null> } | null = null;

/**
 * Who is alive; `null` where the system does not let us look. A signal cannot tell: the dead that nobody has collected still
 * get it, and the first process of a container often collects nobody.
 *
 * @param since What was seen before that is not what is asked for: a group may be younger.
 */
export function livingGroups(since: number): Promise<LivingGroups | null> {
  const now = realTime.now();
  if (last === null || last.at < since || now - last.at > FRESH) last = { at: now, groups: look() };
  return last.groups;
}

async function look(): Promise<LivingGroups | null> {
  if (Deno.build.os !== "linux") return null;
  const groups = new Map<number, number>();
  try {
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      // One that has ended meanwhile has no file any more.
      const stat = await Deno.readTextFile(`/proc/${name}/stat`).catch((error) => {
        if (error instanceof Deno.errors.NotCapable) throw error;
        return "";
      });
      // The name of the program, in brackets, may hold anything.
      const [state, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (group !== undefined && state !== "Z" && state !== "X") groups.set(Number(group), Number(session));
    }
    return groups;
  } catch {
    return null;
  }
}
