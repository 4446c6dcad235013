/**
 * Load another library from npm, only to be measured beside: not a dependency, and not looked at by the type checker.
 *
 * @param specifier Name and major version.
 */
// deno-lint-ignore no-explicit-any
export function peer(specifier: string): Promise<any> {
  return import(`npm:${specifier}`);
}
