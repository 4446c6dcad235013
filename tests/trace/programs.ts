// Programs that run as processes of their own.

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const REGISTER = new URL("../../lib/trace/register.ts", import.meta.url).href;
const MOD = new URL("../../mod.ts", import.meta.url).href;

/** How a program is started. */
export interface ProgramOptions {
  readonly env?: Record<string, string>;
  /**
   * Whether `@asyncio/toolkit/trace/register` is imported before the program.
   *
   * @default false
   */
  readonly preload?: boolean;
  /** Instead of all. */
  readonly permissions?: readonly string[];
  /** Called for each line that it writes on stdout. */
  readonly onLine?: (line: string, child: Deno.ChildProcess) => void;
}

/** How a program ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run `code`, with `names` imported from the toolkit. */
export async function runProgram(names: string, code: string, options: ProgramOptions = {}): Promise<Ended> {
  const { env = {}, preload = false, permissions = ["-A"], onLine } = options;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, `import { ${names} } from ${JSON.stringify(MOD)};\n${code}`);
    await using child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--config",
        CONFIG,
        ...permissions,
        ...(preload ? ["--preload", REGISTER] : []),
        file,
      ],
      env: { NO_COLOR: "1", ASYNCIO_TRACE: "", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [stdout, stderr] = await Promise.all([
      collect(child.stdout, (line) => onLine?.(line, child)),
      collect(child.stderr, () => {}),
    ]);
    return { code: (await child.status).code, stdout, stderr };
  } finally {
    await Deno.remove(file);
  }
}

async function collect(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<string> {
  let text = "";
  let told = 0;
  for await (const chunk of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
    text += chunk;
    for (let end = text.indexOf("\n", told); end >= 0; end = text.indexOf("\n", told)) {
      onLine(text.slice(told, end));
      told = end + 1;
    }
  }
  return text.trimEnd();
}
