const MOD = new URL("../../../mod.ts", import.meta.url).href;

/** How a program has ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Run a program that imports the toolkit from `$MOD`, with these permissions and no others. */
export async function program(
  source: string,
  permissions: string[] = [],
  env: Record<string, string> = {},
): Promise<Ended> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, source.replaceAll("$MOD", MOD));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--no-check", "--no-prompt", ...permissions, file],
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      // A program that does not end must not keep the test from ending.
      signal: AbortSignal.timeout(20_000),
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    return { code, stdout: out!, stderr: err! };
  } finally {
    await Deno.remove(file);
  }
}
