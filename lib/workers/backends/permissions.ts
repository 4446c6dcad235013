import { inspectBriefly } from "../../core/checks.ts";
import type { WorkerPermissions } from "./backend.ts";

/** How each permission asks about one of its values. */
const QUERIES: Readonly<Record<keyof WorkerPermissions, (value?: string) => Deno.PermissionDescriptor>> = {
  read: (path) => ({ name: "read", ...(path !== undefined && { path }) }),
  write: (path) => ({ name: "write", ...(path !== undefined && { path }) }),
  net: (host) => ({ name: "net", ...(host !== undefined && { host }) }),
  env: (variable) => ({ name: "env", ...(variable !== undefined && { variable }) }),
  run: (command) => ({ name: "run", ...(command !== undefined && { command }) }),
  ffi: (path) => ({ name: "ffi", ...(path !== undefined && { path }) }),
  sys: (kind) => ({ name: "sys", ...(kind !== undefined && { kind: kind as "hostname" }) }),
  import: (host) => ({ name: "import", ...(host !== undefined && { host }) }) as unknown as Deno.PermissionDescriptor,
};

const NAMES = Object.keys(QUERIES) as (keyof WorkerPermissions)[];

/** Those that `permissions` gives nothing of. */
export function withheld(permissions: WorkerPermissions = {}): string[] {
  return NAMES.filter((name) => {
    const value = permissions[name];
    return name !== "import" &&
      (value === undefined || value === false || (Array.isArray(value) && value.length === 0));
  });
}

/**
 * The command line flags for `permissions`. Nobody can hand on what they do not have. What is not given is denied in so many
 * words: to a `deno run` with no word of permissions, `node:child_process` adds `--allow-all`.
 *
 * @throws {TypeError} When one is unknown, or of the wrong kind.
 * @throws {Deno.errors.NotCapable} When the program itself does not have one of them.
 */
export function permissionFlags(permissions: WorkerPermissions = {}): string[] {
  const flags = [...withheld(permissions).map((name) => `--deny-${name}`), ...importFlags(permissions.import)];
  for (const [name, value] of Object.entries(permissions)) {
    const query = Object.hasOwn(QUERIES, name) ? QUERIES[name as keyof WorkerPermissions] : undefined;
    if (query === undefined) {
      throw new TypeError(
        `Cannot give a worker permission "${name}" as there is no such one: known are ${NAMES.join(", ")}`,
      );
    }
    if (value === undefined || value === false) continue;
    if (value === true) {
      check(name, query());
      flags.push(`--allow-${name}`);
      continue;
    }
    if (!Array.isArray(value) || value.some((each) => typeof each !== "string" || each === "" || each.includes(","))) {
      throw new TypeError(
        `Cannot give a worker permission "${name}" as it must be true, false or a list of names without commas: ` +
          `current value is ${inspectBriefly(value)}`,
      );
    }
    for (const each of value) check(name, query(each), each);
    if (value.length > 0) flags.push(`--allow-${name}=${value.join(",")}`);
  }
  return flags;
}

/**
 * Code is fetched from where the request may tell anything to anybody. Nobody said a word of it: what the program has in its
 * cache is there, and nothing is fetched. No: not even that. To deny it in so many words has no effect on Deno 2.9.
 */
function importFlags(value: boolean | readonly string[] | undefined): string[] {
  if (value === undefined) return ["--cached-only"];
  if (value === false || (Array.isArray(value) && value.length === 0)) {
    return ["--allow-import=deny.invalid", "--no-remote", "--no-npm"];
  }
  return [];
}

function check(name: string, descriptor: Deno.PermissionDescriptor, value?: string): void {
  if (Deno.permissions.querySync(descriptor).state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Cannot give a worker permission "${name}"${
      value === undefined ? "" : ` for "${value}"`
    } as this program does not ` +
      `have it: run again with the --allow-${name} flag`,
  );
}
