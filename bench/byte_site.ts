let site: Promise<string> | undefined;

/** Start `byte_server.ts`, once, and tell its address. It ends when its standard input does, with this process. */
export function serve(): Promise<string> {
  return site ??= (async () => {
    const server = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", "--allow-net=127.0.0.1", new URL("./byte_server.ts", import.meta.url).href],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    server.unref();
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value } = await reader.read();
    reader.cancel();
    return `http://127.0.0.1:${Number(value)}`;
  })();
}
