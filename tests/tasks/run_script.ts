const MOD = new URL("../../mod.ts", import.meta.url).href;

/** How a program ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
  /** How long it took in all, in milliseconds. */
  ms: number;
}

/** What else a program is run with. */
export interface ScriptOptions {
  /** URL of a module that is loaded before the toolkit. */
  first?: string;
  /** Environment variables that it may read. */
  env?: Record<string, string>;
}

/** Run `code` as a program of its own, with `names` imported from the toolkit. */
export async function runScript(names: string, code: string, { first, env }: ScriptOptions = {}): Promise<Ended> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--no-check", ...(env ? [`--allow-env=${Object.keys(env)}`] : []), "-"],
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const imports = `${first ? `import ${JSON.stringify(first)};` : ""} import { ${names} } from ${
    JSON.stringify(MOD)
  };\n`;
  await writer.write(new TextEncoder().encode(imports + code));
  await writer.close();
  const output = await child.output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return { code: output.code, stdout: stdout!, stderr: stderr!, ms: performance.now() - start };
}
