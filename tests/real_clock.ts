/**
 * What is loaded before the tests: it fails each test that lets real time pass, unless its file is listed here. All others
 * run in virtual time, or hand over the turn. With REAL_CLOCK=count, prints which tests do.
 */

/** Files, and folders, whose subject is the real clock, or something else that takes real time. */
const REAL: Readonly<Record<string, string>> = {
  "cli/commands/download_test.ts": "real servers",
  "cli/show/progress_bars_test.ts": "a real signal",
  "core/clock_test.ts": "the real clock",
  "demo/": "a real server",
  "docs/": "programs as they stand",
  "download/": "real servers",
  "net/": "real servers",
  "outward_test.ts": "real servers and processes",
  "package/": "real processes",
  "process/": "real processes",
  "sync/stress_test.ts": "on a busy machine it takes as long as the report of what lingers waits",
  "tasks/as_completed_test.ts": "promises that nobody knows have a moment of real time",
  "tasks/deadlock_test.ts": "the heartbeat of debug mode",
  "tasks/gather_test.ts": "promises that nobody knows have a moment of real time",
  "tasks/lazy_thenables_test.ts": "promises that nobody knows have a moment of real time",
  "tasks/long_lived_promise_test.ts": "promises that nobody knows have a moment of real time",
  "tasks/sleep_test.ts": "sleep() on the real clock",
  "tasks/timeout_test.ts": "timeout() on the real clock",
  "tasks/wait_test.ts": "promises that nobody knows have a moment of real time",
  "testing/": "virtual time beside the real one",
  "trace/record/recorder_test.ts": "a blocked event loop, and code outside of all tasks",
  "trace/worker_rows_test.ts": "real workers",
  "workers/": "real workers",
};

/** A timer of seconds is a watchdog, such as that for tasks that linger, which fires when the machine is slow. */
const WATCHDOG = 1_000;

// A program from a comment or a page is no test of ours, and shows the real thing.
const file = Deno.mainModule.match(/\/tests\/([^#]*_test\.ts)$/)?.[1];
if (file !== undefined) watch(file);

function watch(file: string): void {
  const listed = Object.keys(REAL).some((path) => path.endsWith("/") ? file.startsWith(path) : file === path);
  const count = Deno.env.get("REAL_CLOCK") === "count";
  let passed: number[] = [];
  globalThis.setTimeout = noting(globalThis.setTimeout);
  globalThis.setInterval = noting(globalThis.setInterval);
  Deno.test.beforeEach(() => void (passed = []));
  Deno.test.afterEach(() => {
    if (passed.length === 0) return;
    if (count) return console.log(`real clock: ${file}`);
    if (listed) return;
    throw new Error(`The test let real time pass (timers of ${passed.join(", ")} ms): see tests/real_clock.ts`);
  });

  /** A timer that is cleared has let no time pass. */
  function noting<F extends typeof setTimeout | typeof setInterval>(set: F): F {
    const noted = (callback: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) => {
      const call = (...args: unknown[]) => {
        if (delay >= 1 && delay < WATCHDOG) passed.push(delay);
        callback(...args);
      };
      return set(call, delay, ...args);
    };
    return noted as F;
  }
}
