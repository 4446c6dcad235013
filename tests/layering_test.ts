// Checks the plan of the house: a file imports only from its own room and from rooms and floors below, whatever is not its
// own only by the front, and nothing goes in circles.
import { assertEquals } from "@std/assert";
import { runDeno } from "./program.ts";

/** A folder of `lib/`. */
interface Floor {
  /** The floors that it may import from, and does. */
  readonly below: readonly string[];
  /** The files that other floors may import; all that lie in no room, if not given. */
  readonly front?: readonly string[];
  /**
   * The folders in it, from the lowest: each may import from those before it. Behind the name stand the files that others
   * may import. What lies in no room lies above all of them.
   */
  readonly rooms?: Readonly<Record<string, readonly string[]>>;
}

/** The house. `lib/errors.ts` lies on the floor of `core`. */
const HOUSE: Readonly<Record<string, Floor>> = {
  text: { below: [] },
  core: { below: [] },
  tasks: { below: ["core"] },
  sync: { below: ["core", "tasks"] },
  flow: { below: ["core", "tasks", "sync"] },
  process: { below: ["core", "tasks", "flow"], front: ["mod.ts", "watchdog.ts"] },
  workers: {
    // Workers that are processes are watched as all are.
    below: ["core", "tasks", "process"],
    rooms: {
      wire: ["protocol.ts", "shared_memory.ts"],
      // Its program, and the parts of it that serve on this side, too.
      inside: ["program.ts", "kit.ts", "error_codec.ts", "cloning.ts"],
      call: [
        "call.ts",
        "call_error.ts",
        "bridge.ts",
        "function_source.ts",
        "stream_reader.ts",
        "worker_error.ts",
      ],
      backends: ["backend.ts", "process.ts", "thread.ts", "web.ts"],
      pool: ["worker_pool.ts", "module_proxy.ts", "executor.ts", "options.ts"],
    },
  },
  net: { below: ["core", "tasks", "sync"], front: ["fetch.ts", "mod.ts"] },
  download: {
    // It reads what a server says of when to come again as `retry` does.
    below: ["core", "tasks", "flow"],
    front: ["mod.ts", "for_cli.ts"],
    rooms: {
      words: [
        "checksum.ts",
        "download_error.ts",
        "options.ts",
        "part_names.ts",
        "report.ts",
        "request.ts",
        "safe_name.ts",
      ],
      plan: ["pieces.ts", "retry.ts", "schedule.ts"],
      http: [
        "answer.ts",
        "content_disposition.ts",
        "cookie_jar.ts",
        "cookies.ts",
        "encoding.ts",
        "exchange.ts",
        "network_error.ts",
        "receive.ts",
        "send.ts",
        "validator.ts",
        "watch.ts",
      ],
      disk: ["digest.ts", "disk_error.ts", "folder.ts", "part_file.ts", "part_record.ts", "size_poll.ts"],
    },
  },
  trace: {
    below: ["text", "core", "tasks", "sync"],
    // The names of formats stand by themselves, so that a command line can be read without loading all the rest.
    front: ["mod.ts", "register.ts", "format_names.ts"],
    rooms: { record: ["mod.ts"], analyse: ["mod.ts"], draw: ["mod.ts"], viewer: ["html.ts"] },
  },
  testing: { below: ["core", "tasks"] },
  demo: { below: ["core", "tasks", "net", "workers", "download"] },
  cli: {
    below: ["text", "core", "tasks", "download", "trace", "testing", "demo"],
    front: ["main.ts"],
    rooms: {
      show: ["output.ts", "progress_bars.ts", "progress_line.ts"],
      words: ["command.ts", "options.ts", "values.ts", "usage_error.ts"],
      completions: ["mod.ts"],
      commands: ["mod.ts"],
    },
  },
};

const MOST_LINES = 300;
/** What a longer file says of itself: "// More than 300 lines, as …". */
const WHY_SO_LONG = /^\/\/ More than 300 lines, as \S/m;
const VAGUE_NAME = /(^|[_/])(utils?|helpers?|managers?)([_./]|$)/;

/** Which files each file imports: paths relative to the repository. */
type Imports = ReadonlyMap<string, readonly string[]>;

/** Where a file stands: `floor` is `"top"` for what stands above `lib/`, `room` is `""` for what lies in none. */
interface Place {
  readonly floor: string;
  readonly room: string;
  readonly name: string;
}

function placeOf(path: string): Place {
  if (path === "lib/errors.ts") return { floor: "core", room: "", name: "errors.ts" };
  const [, floor = "top", room = "", name = path] = path.match(/^lib\/([^/]+)\/(?:([^/]+)\/)?(.+)$/) ?? [];
  return { floor, room, name };
}

/** Say which imports lead where the importing file may not look. */
function forbiddenImports(imports: Imports, house = HOUSE): string[] {
  return [...imports].filter(([path]) => path.startsWith("lib/")).flatMap(([path, targets]) => {
    const { floor, room } = placeOf(path);
    const plan = house[floor];
    if (plan === undefined) return [`${path}: "${floor}" is no floor of the house; known are ${known(house)}`];
    if (room !== "" && plan.rooms?.[room] === undefined) return [`${path}: "${room}" is no room of "${floor}"`];
    return targets.flatMap((target) => {
      const refusal = refusalOf(placeOf(path), placeOf(target), house);
      return refusal === undefined ? [] : [`${path} imports ${target}: ${refusal}`];
    });
  });
}

/** Say which floors the plan opens to a floor that imports nothing from them. */
function unusedFloors(imports: Imports, house = HOUSE): string[] {
  const used = new Set(
    [...imports].flatMap(([path, targets]) =>
      targets.map((target) => `${placeOf(path).floor} ${placeOf(target).floor}`)
    ),
  );
  return Object.entries(house).flatMap(([floor, { below }]) =>
    below.filter((lower) => !used.has(`${floor} ${lower}`)).map((lower) => `"${floor}" imports nothing from "${lower}"`)
  );
}

/** Why one may not import the other, or nothing. */
function refusalOf(from: Place, to: Place, house: Readonly<Record<string, Floor>>): string | undefined {
  const plan = house[from.floor]!;
  if (from.floor !== to.floor) {
    const allowed = [from.floor, ...plan.below];
    if (!allowed.includes(to.floor)) return `"${from.floor}" may import from ${allowed.join(", ")}`;
    const { front } = house[to.floor] ?? {};
    if (to.room !== "") return `the rooms of "${to.floor}" are its own`;
    return front === undefined || front.includes(to.name)
      ? undefined
      : `the front of "${to.floor}" is ${front.join(", ")}`;
  }
  if (from.room === to.room) return undefined;
  const rooms = Object.keys(plan.rooms ?? {});
  const below = from.room === "" ? rooms : rooms.slice(0, rooms.indexOf(from.room));
  if (!below.includes(to.room)) return `"${from.room}" may import from ${[from.room, ...below].join(", ")}`;
  const front = plan.rooms![to.room]!;
  return front.includes(to.name) ? undefined : `the front of "${to.room}" is ${front.join(", ")}`;
}

function known(house: Readonly<Record<string, Floor>>): string {
  return Object.keys(house).join(", ");
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
    const { stdout } = await runDeno(["info", "--json", "--config", config, entry]);
    return readGraph(JSON.parse(stdout));
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

/** The path of one of our modules, or nothing: `@std` may lie in a hidden folder of the repository. */
function ownPath(specifier = ""): string[] {
  const path = specifier.slice(ROOT.href.length);
  return specifier.startsWith(ROOT.href) && !path.startsWith(".") && path.endsWith(".ts") ? [path] : [];
}

Deno.test("lib/ imports only from the same room, and from rooms and floors below by their fronts", async () => {
  const imports = await importsOfLib();
  assertEquals([...imports.keys()].filter((path) => path.startsWith("lib/")).sort(), [...sources("lib/")].sort());
  assertEquals(forbiddenImports(imports), []);
  assertEquals(unusedFloors(imports), []);
});

Deno.test("lib/ has no circle of imports", async () => {
  assertEquals(circle(await importsOfLib()), undefined);
});

Deno.test("lib/ has no file of more than 300 lines that does not say why", () => {
  const long = [...sources("lib/")].map((path) => {
    const text = Deno.readTextFileSync(new URL(path, ROOT)).trimEnd();
    return { path, lines: text.split("\n").length, saysWhy: WHY_SO_LONG.test(text) };
  }).filter(({ lines, saysWhy }) => lines > MOST_LINES && !saysWhy);
  assertEquals(
    long.map(({ path, lines }) => `${path} has ${lines} lines, of at most ${MOST_LINES}, and no line that says why`),
    [],
  );
});

Deno.test("lib/ has no file with a name that could mean anything", () => {
  assertEquals([...sources("lib/")].filter((path) => VAGUE_NAME.test(path)), []);
});

/** Say which tests lie where `lib/` has no such room, or in another room than the file that they are named after. */
function misplacedTests(tests: readonly string[], lib: readonly string[]): string[] {
  const files = lib.map(placeOf);
  return tests.flatMap((path) => {
    const { floor, room, name } = placeOf(path.replace(/^tests/, "lib"));
    const onFloor = files.filter((file) => file.floor === floor);
    if (onFloor.length === 0) return [];
    if (onFloor.every((file) => file.room !== room)) return [`${path}: lib/${floor} has no room "${room}"`];
    const named = onFloor.filter((file) => file.name === name.replace("_test.ts", ".ts"));
    if (named.length === 0 || named.some((file) => file.room === room)) return [];
    return [`${path}: what it is named after lies in ${named.map((file) => file.room || "no room").join(" and ")}`];
  });
}

Deno.test("tests/ has the rooms of lib/, and a test lies in that of the file which it is named after", () => {
  const tests = [...sources("tests/")].filter((path) => path.endsWith("_test.ts"));
  assertEquals(misplacedTests(tests, [...sources("lib/")]), []);
});

Deno.test("the mirror names the test that lies in another room, or in one that is not there", () => {
  const lib = ["lib/cli/main.ts", "lib/cli/show/bars.ts", "lib/cli/words/values.ts"];
  const right = [
    "tests/cli/main_test.ts",
    "tests/cli/whole_test.ts",
    "tests/cli/show/bars_test.ts",
    "tests/docs/x_test.ts",
  ];
  assertEquals(misplacedTests(right, lib), []);
  assertEquals(misplacedTests(["tests/cli/bars_test.ts", "tests/cli/loft/box_test.ts"], lib), [
    "tests/cli/bars_test.ts: what it is named after lies in show",
    'tests/cli/loft/box_test.ts: lib/cli has no room "loft"',
  ]);
});

/** The files that start processes: programs, and the browser of the viewer's test. */
const STARTERS = ["tests/program.ts", "tests/trace/viewer/browser.ts"];

Deno.test("tests/ has one file that starts programs", () => {
  const starters = [...sources("tests/")].filter((path) =>
    path !== "tests/layering_test.ts" && Deno.readTextFileSync(new URL(path, ROOT)).includes("new Deno.Command(")
  );
  assertEquals(starters.sort(), STARTERS);
});

Deno.test("the floor plan names the import that leads upwards", () => {
  const imports = new Map([
    ["lib/errors.ts", ["lib/core/checks.ts"]],
    ["lib/core/clock.ts", ["lib/errors.ts", "lib/tasks/task.ts"]],
    ["lib/workers/worker_pool.ts", ["lib/tasks/task.ts", "lib/trace/mod.ts"]],
    ["lib/trace/task_tree.ts", ["lib/sync/lock.ts"]],
    ["lib/demo/delays.ts", ["examples/delays.ts", "lib/download/mod.ts"]],
    ["lib/tasks/task.ts", ["mod.ts"]],
    ["lib/misc/thing.ts", []],
  ]);
  assertEquals(forbiddenImports(imports).map((line) => line.split(":")[0]), [
    "lib/core/clock.ts imports lib/tasks/task.ts",
    "lib/workers/worker_pool.ts imports lib/trace/mod.ts",
    "lib/demo/delays.ts imports examples/delays.ts",
    "lib/tasks/task.ts imports mod.ts",
    "lib/misc/thing.ts",
  ]);
});

Deno.test("the plan of a house names the import that leads past a front, or into a room above", () => {
  const house = {
    ground: { below: [], front: ["mod.ts"], rooms: { cellar: ["mod.ts"], hall: ["door.ts"] } },
    attic: { below: ["ground"] },
  };
  const imports = new Map([
    ["lib/ground/mod.ts", ["lib/ground/hall/door.ts", "lib/ground/hall/lamp.ts", "lib/ground/stairs.ts"]],
    ["lib/ground/hall/door.ts", ["lib/ground/hall/lamp.ts", "lib/ground/cellar/mod.ts", "lib/ground/cellar/coal.ts"]],
    ["lib/ground/hall/lamp.ts", ["lib/ground/stairs.ts"]],
    ["lib/ground/cellar/coal.ts", ["lib/ground/hall/door.ts"]],
    ["lib/ground/loft/box.ts", []],
    ["lib/attic/box.ts", ["lib/ground/mod.ts", "lib/ground/stairs.ts", "lib/ground/hall/door.ts"]],
  ]);
  assertEquals(forbiddenImports(imports, house), [
    'lib/ground/mod.ts imports lib/ground/hall/lamp.ts: the front of "hall" is door.ts',
    'lib/ground/hall/door.ts imports lib/ground/cellar/coal.ts: the front of "cellar" is mod.ts',
    'lib/ground/hall/lamp.ts imports lib/ground/stairs.ts: "hall" may import from hall, cellar',
    'lib/ground/cellar/coal.ts imports lib/ground/hall/door.ts: "cellar" may import from cellar',
    'lib/ground/loft/box.ts: "loft" is no room of "ground"',
    'lib/attic/box.ts imports lib/ground/stairs.ts: the front of "ground" is mod.ts',
    'lib/attic/box.ts imports lib/ground/hall/door.ts: the rooms of "ground" are its own',
  ]);
});

Deno.test("the floor plan names the floor that is open to another, and not used by it", () => {
  const house = { ground: { below: [] }, hall: { below: ["ground"] }, attic: { below: ["ground", "hall"] } };
  const imports = new Map([
    ["lib/hall/door.ts", ["lib/ground/step.ts"]],
    ["lib/attic/box.ts", ["lib/hall/door.ts", "lib/attic/lid.ts"]],
  ]);
  assertEquals(unusedFloors(imports, house), ['"attic" imports nothing from "ground"']);
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
