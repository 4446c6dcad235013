import { realTime } from "../core/platform.ts";

/**
 * What a shell does that outlives this program by a moment: through a pipe it is told of process groups, and how much grace
 * each has. When the pipe closes, which the system sees to however this program ends, it ends those that are left.
 */
const PROGRAM = `
trap '' HUP INT QUIT TERM
while read -r what id grace; do
  case $what in
    +) eval "group_$id=$grace" ;;
    -) unset "group_$id" ;;
  esac
done
groups=$(set | sed -n "s/^group_\\([0-9]*\\)='*\\([0-9]*\\)'*$/\\1:\\2/p")
for each in $groups; do
  kill -s TERM -- "-\${each%%:*}"
  kill -s CONT -- "-\${each%%:*}"
done 2> /dev/null
waited=0
while [ -n "$groups" ]; do
  rest=
  for each in $groups; do
    if [ "$waited" -ge "\${each#*:}" ]; then kill -s KILL -- "-\${each%%:*}"
    elif kill -s 0 -- "-\${each%%:*}"; then rest="$rest $each"
    fi
  done 2> /dev/null
  groups=$rest
  [ -z "$groups" ] || sleep 0.1
  waited=$((waited + 100))
done
`;

/** How long a process lives before it is watched, in milliseconds: most are over by then, and a shell costs as much as they do. */
const DELAY = 20;

/** More than any number that a shell can compare would be no number for it. */
const LONGEST_GRACE = 1_000_000_000;

/** Ends what this program has started, should it die without a chance to do so itself, as by `kill -9`. */
class Watchdog {
  readonly #watched = new Set<number>();
  #shell: Deno.ChildProcess | null = null;
  #pipe: WritableStreamDefaultWriter<Uint8Array> | null = null;

  add(pid: number, grace: number): void {
    if (this.#shell === null && !this.#start()) return;
    this.#watched.add(pid);
    this.#tell(`+ ${pid} ${Math.min(Math.round(grace), LONGEST_GRACE)}`);
  }

  /** Forget it. With the last one the shell ends, and is waited for. */
  async delete(pid: number): Promise<void> {
    if (!this.#watched.delete(pid)) return;
    this.#tell(`- ${pid}`);
    if (this.#watched.size > 0) return;
    const [shell, pipe] = [this.#shell!, this.#pipe!];
    this.#shell = this.#pipe = null;
    shell.ref();
    await pipe.close().catch(() => {});
    await shell.status;
  }

  #start(): boolean {
    try {
      this.#shell = new Deno.Command("sh", {
        args: ["-c", PROGRAM],
        // Nothing in there is for it; what it calls is where it always is.
        clearEnv: true,
        stdin: "piped",
        stdout: "null",
        stderr: "null",
        // Ctrl-C, and what else is sent to the group of this program, must not reach it.
        detached: true,
      }).spawn();
    } catch {
      return false;
    }
    this.#shell.unref();
    this.#pipe = this.#shell.stdin.getWriter();
    return true;
  }

  #tell(line: string): void {
    // They arrive in their order. Should the shell have been ended by somebody, nothing can be done about that.
    this.#pipe!.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }
}

const watchdog = new Watchdog();

/** Whether there can be one here. It takes a shell, and the user must not be asked whether that may run. */
function isPossible(): boolean {
  return Deno.build.os !== "windows" &&
    Deno.permissions.querySync({ name: "run", command: "sh" }).state === "granted";
}

/**
 * Have the group of `pid` ended, with as many milliseconds of grace, should this program die before it, by whatever. Without
 * the permission to run `sh`, and on Windows, nothing happens.
 *
 * @returns What takes that back: to be called once the group is gone.
 */
export function watchOver(pid: number, grace: number): () => Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined = realTime.setTimeout(() => {
    timer = undefined;
    if (isPossible()) watchdog.add(pid, grace);
  }, DELAY);
  Deno.unrefTimer(timer);
  return async () => {
    realTime.clearTimeout(timer);
    await watchdog.delete(pid);
  };
}
