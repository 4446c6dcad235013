/** The command that runs `script` in a shell. */
export function sh(script: string): [command: string, args: string[]] {
  return ["sh", ["-c", script]];
}
