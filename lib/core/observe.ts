import type { Scope } from "./scope.ts";
import { promiseOf } from "./thenable.ts";

/**
 * Take in what somebody else has started, to be observed by code in `scope`: a plain promise of it, of which the clock is
 * told, since a virtual one cannot know what is behind it.
 */
export function observe<T>(scope: Scope, input: PromiseLike<T>): Promise<T> {
  const promise = promiseOf(input);
  if (scope.clock.doubt !== undefined) scope.clock.doubt(promise);
  return promise;
}
