const MOD = new URL("../../mod.ts", import.meta.url).href;

/** How a program ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
  /** How long it took in all, in milliseconds. */
  ms: number;
}

/** Run `code` as a program of its own, with `names` imported from the toolkit. */
export async function runScript(names: string, code: string): Promise<Ended> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--no-check", "-"],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`import { ${names} } from ${JSON.stringify(MOD)};\n${code}`));
  await writer.close();
  const output = await child.output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return { code: output.code, stdout: stdout!, stderr: stderr!, ms: performance.now() - start };
}
