// What `deno publish` would publish.

/** The root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** Run Deno, and give what it printed. */
export async function deno(
  args: string[],
  { cwd = ROOT, env = {} }: { cwd?: string | URL; env?: Record<string, string> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1", DENO_NO_PROMPT: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: err! };
}

/** The files that would be published, relative to the root of the repository, in order. Types are not checked. */
export async function publishedFiles(): Promise<string[]> {
  const scratch = await Deno.makeTempDir({ prefix: "asyncio publish " });
  try {
    // Where `@std` lies inside of the project, it would be taken for a part of the package.
    const std = await deno(["run", "-A", "--no-config", "tools/std.ts", "--outside"], {
      env: { JSR_URL: "", TMPDIR: scratch },
    });
    const { code, stdout, stderr } = await deno(["publish", "--dry-run", "--allow-dirty", "--no-check"], {
      env: { JSR_URL: std.stdout.trim() },
    });
    if (code !== 0) throw new Error(`deno publish --dry-run failed:\n${stdout}${stderr}`);
    const listed = (stdout + stderr).matchAll(/^ +(file:\/\/\S+) \([\d.]+\w+\)$/gm);
    return [...listed.map(([, url]) => decodeURIComponent(url!.slice(ROOT.href.length)))].sort();
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
