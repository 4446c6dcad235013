/** The libraries from npm that are measured beside ours: not dependencies, and not looked at by the type checker. */
export const PEERS = {
  "async-mutex": "async-mutex@0.5",
  comlink: "comlink@4",
  effect: "effect@4",
  effection: "effection@4",
  "p-all": "p-all@5",
  "p-limit": "p-limit@7",
  "p-map": "p-map@7",
  "p-queue": "p-queue@10",
  piscina: "piscina@5",
  tinypool: "tinypool@2",
  workerpool: "workerpool@10",
} as const;

/** Load one of them. */
// deno-lint-ignore no-explicit-any
export function peer(name: keyof typeof PEERS): Promise<any> {
  return import(`npm:${PEERS[name]}`);
}
