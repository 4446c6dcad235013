import { PEERS } from "./peers/npm.ts";

/** Where and with what a measurement was made: lines of Markdown. */
export async function machine(): Promise<string[]> {
  const memory = `${(Deno.systemMemoryInfo().total / 2 ** 30).toFixed(0)} GiB`;
  const { deno, v8 } = Deno.version;
  const changed = await output("git", "status", "--porcelain", "--untracked-files=no", "--", "lib", "mod.ts", "cli.ts");
  return [
    `- Machine: ${await processor()}, ${navigator.hardwareConcurrency} cores, ${memory}, ${Deno.build.target}`,
    `- Deno ${deno}, V8 ${v8}`,
    `- Commit: ${await output("git", "rev-parse", "--short", "HEAD")}${changed ? ", with changes" : ""}`,
    `- From npm: ${(await npmVersions()).join(", ")}`,
    `- Other programs: ${(await Promise.all(PROGRAMS.map(versionOf))).join(", ")}`,
  ];
}

/** How many processes wanted a core, on the average of the last minute. */
export function load(): string {
  return Deno.loadavg()[0]!.toFixed(1);
}

const PROGRAMS: readonly [name: string, command: string, ...args: string[]][] = [
  ["Python", "python3", "--version"],
  ["uvloop", "python3", "-c", "import uvloop; print(uvloop.__version__)"],
  ["Trio", "python3", "-c", "import trio; print(trio.__version__)"],
  ["curl", "curl", "--version"],
  ["aria2c", "aria2c", "--version"],
  ["wget", "wget", "--version"],
  ["wget2", "wget2", "--version"],
];

async function versionOf([name, command, ...args]: (typeof PROGRAMS)[number]): Promise<string> {
  const [version] = /\d+(\.\d+)+/.exec(await output(command, ...args)) ?? [];
  return version === undefined ? `${name} not installed` : `${name} ${version}`;
}

async function npmVersions(): Promise<string[]> {
  const specifiers = Object.values(PEERS);
  const graphs = await Promise.all(specifiers.map((each) => output(Deno.execPath(), "info", "--json", `npm:${each}`)));
  return Object.keys(PEERS).map((name, i) => {
    const versions = Object.values<{ name: string; version: string }>(JSON.parse(graphs[i] || "{}").npmPackages ?? {});
    return `${name} ${versions.find((each) => each.name === name)?.version ?? "not found"}`;
  });
}

async function processor(): Promise<string> {
  if (Deno.build.os !== "linux") return "unknown processor";
  const { 1: model } = /model name\s*: (.*)/.exec(await Deno.readTextFile("/proc/cpuinfo")) ?? [];
  return model ?? "unknown processor";
}

/** What a command prints; nothing where it fails or is not there. */
async function output(command: string, ...args: string[]): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : "";
  } catch {
    return "";
  }
}
