// What `deno publish` would publish.
import { runDeno } from "../program.ts";

/** The root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** The files that would be published, relative to the root of the repository, in order. Types are not checked. */
export async function publishedFiles(): Promise<string[]> {
  const scratch = await Deno.makeTempDir({ prefix: "asyncio publish " });
  try {
    // Where `@std` lies inside of the project, it would be taken for a part of the package.
    const std = await runDeno(["run", "-A", "--no-config", "tools/std.ts", "--outside"], {
      cwd: ROOT,
      env: { JSR_URL: "", TMPDIR: scratch },
    });
    const { code, stdout, stderr } = await runDeno(["publish", "--dry-run", "--allow-dirty", "--no-check"], {
      cwd: ROOT,
      env: { JSR_URL: std.stdout.trim() },
    });
    if (code !== 0) throw new Error(`deno publish --dry-run failed:\n${stdout}${stderr}`);
    const listed = (stdout + stderr).matchAll(/^ +(file:\/\/\S+) \([\d.]+\w+\)$/gm);
    return [...listed.map(([, url]) => decodeURIComponent(url!.slice(ROOT.href.length)))].sort();
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
