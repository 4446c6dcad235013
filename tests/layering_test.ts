// Checks the floor plan: a file imports only from its own folder or from folders below, and nothing goes in circles.
import { assertEquals } from "@std/assert";

/** For each folder of `lib/`, the other folders that it may import from. `lib/errors.ts` lies on the floor of `core`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  text: [],
  core: [],
  tasks: ["core"],
  sync: ["core", "tasks"],
  workers: ["core", "tasks", "sync"],
  download: ["core", "tasks", "sync", "workers"],
  trace: ["text", "core", "tasks", "sync"],
  testing: ["core", "tasks", "sync"],
  cli: ["text", "core", "tasks", "sync", "workers", "download", "trace", "testing", "top"],
};

const MOST_LINES = 300;
const VAGUE_NAME = /(^|[_/])(utils?|helpers?|managers?)([_./]|$)/;

/** Which files each file imports: paths relative to the repository. */
type Imports = ReadonlyMap<string, readonly string[]>;

/** The floor that a file lies on; `"top"` for what stands above `lib/`. */
function floorOf(path: string): string {
  if (path === "lib/errors.ts") return "core";
  return path.match(/^lib\/([^/]+)\//)?.[1] ?? "top";
}

/** Say which imports lead to a floor that the importing file does not stand on. */
function upwardImports(imports: Imports): string[] {
  return [...imports].filter(([path]) => path.startsWith("lib/")).flatMap(([path, targets]) => {
    const floor = floorOf(path);
    const allowed = MAY_IMPORT[floor];
    if (allowed === undefined) return [`${path}: "${floor}" is no floor of the house; known are ${known()}`];
    return targets.filter((target) => ![floor, ...allowed].includes(floorOf(target))).map((target) =>
      `${path} imports ${target}: "${floor}" may import from ${[floor, ...allowed].join(", ")}`
    );
  });
}

function known(): string {
  return Object.keys(MAY_IMPORT).join(", ");
}

/** Find one circle of imports, as `a → b → a`, or nothing. */
function circle(imports: Imports): string | undefined {
  const done = new Set<string>();

  function visit(path: string, trail: readonly string[]): string | undefined {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(" → ");
    if (done.has(path)) return undefined;
    for (const target of imports.get(path) ?? []) {
      const found = visit(target, [...trail, path]);
      if (found !== undefined) return found;
    }
    done.add(path);
    return undefined;
  }

  for (const path of imports.keys()) {
    const found = visit(path, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

const ROOT = new URL("../", import.meta.url);

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

/** Ask Deno for the imports of every file in `lib/`: it tells code from comments and strings better than a pattern. */
async function importsOfLib(): Promise<Imports> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = [...sources("lib/")].map((path) => `import ${JSON.stringify(new URL(path, ROOT).href)};`);
    await Deno.writeTextFile(entry, lines.join("\n"));
    const config = decodeURIComponent(new URL("deno.json", ROOT).pathname);
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", "--config", config, entry] })
      .output();
    return readGraph(JSON.parse(new TextDecoder().decode(stdout)));
  } finally {
    await Deno.remove(entry);
  }
}

/** What `deno info --json` prints, as far as it is used here. */
interface Graph {
  modules: { specifier: string; dependencies?: { code?: Target; type?: Target }[] }[];
}

interface Target {
  specifier?: string;
}

function readGraph({ modules }: Graph): Imports {
  const imports = new Map<string, string[]>();
  for (const { specifier, dependencies = [] } of modules) {
    const targets = dependencies.flatMap((
      { code, type },
    ) => [...ownPath(code?.specifier), ...ownPath(type?.specifier)]);
    for (const path of ownPath(specifier)) imports.set(path, [...new Set(targets)]);
  }
  return imports;
}

/** The path of one of our files, or nothing: `@std` may lie in a hidden folder of the repository. */
function ownPath(specifier = ""): string[] {
  const path = specifier.slice(ROOT.href.length);
  return specifier.startsWith(ROOT.href) && !path.startsWith(".") ? [path] : [];
}

Deno.test("lib/ imports only from the same floor or from floors below", async () => {
  const imports = await importsOfLib();
  assertEquals([...imports.keys()].filter((path) => path.startsWith("lib/")).sort(), [...sources("lib/")].sort());
  assertEquals(upwardImports(imports), []);
});

Deno.test("lib/ has no circle of imports", async () => {
  assertEquals(circle(await importsOfLib()), undefined);
});

Deno.test("lib/ has no file of more than 300 lines", () => {
  const long = [...sources("lib/")].map((path) => {
    const lines = Deno.readTextFileSync(new URL(path, ROOT)).trimEnd().split("\n").length;
    return { path, lines };
  }).filter(({ lines }) => lines > MOST_LINES);
  assertEquals(long.map(({ path, lines }) => `${path} has ${lines} lines, of at most ${MOST_LINES}`), []);
});

Deno.test("lib/ has no file with a name that could mean anything", () => {
  assertEquals([...sources("lib/")].filter((path) => VAGUE_NAME.test(path)), []);
});

Deno.test("the floor plan names the import that leads upwards", () => {
  const imports = new Map([
    ["lib/errors.ts", ["lib/core/checks.ts"]],
    ["lib/core/clock.ts", ["lib/errors.ts", "lib/tasks/task.ts"]],
    ["lib/workers/worker_pool.ts", ["lib/tasks/task.ts", "lib/trace/recorder.ts"]],
    ["lib/trace/recorder.ts", ["lib/sync/lock.ts"]],
    ["lib/cli/demo.ts", ["examples/delays.ts", "lib/trace/recorder.ts"]],
    ["lib/tasks/task.ts", ["mod.ts"]],
    ["lib/misc/thing.ts", []],
  ]);
  assertEquals(upwardImports(imports).map((line) => line.split(":")[0]), [
    "lib/core/clock.ts imports lib/tasks/task.ts",
    "lib/workers/worker_pool.ts imports lib/trace/recorder.ts",
    "lib/tasks/task.ts imports mod.ts",
    "lib/misc/thing.ts",
  ]);
});

Deno.test("the floor plan names the files of a circle", () => {
  assertEquals(circle(new Map([["a", ["b", "d"]], ["b", ["c"]], ["c", ["b"]], ["d", []]])), "b → c → b");
  assertEquals(circle(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])), undefined);
  assertEquals(circle(new Map([["a", ["a"]]])), "a → a");
});

Deno.test("the floor plan knows vague names from good ones", () => {
  for (const path of ["lib/core/utils.ts", "lib/utils/x.ts", "lib/tasks/task_helpers.ts", "lib/manager.ts"]) {
    assertEquals(VAGUE_NAME.test(path), true, path);
  }
  for (const path of ["lib/core/clock.ts", "lib/tasks/outiler.ts"]) assertEquals(VAGUE_NAME.test(path), false, path);
});
