import { currentScope } from "../../lib/core/ambient.ts";
import type { Clock } from "../../lib/core/clock.ts";
import { RootScope, type Scope } from "../../lib/core/scope.ts";

/** A root for one test, that ends all that is left in it: cancelled scopes would be watched for not ending. */
export class TestRoot extends RootScope implements Disposable {
  /**
   * @param clock That of the test unless given.
   * @param parent What it is in, if it is in anything.
   */
  constructor(clock: Clock = currentScope().clock, parent: Scope | null = null) {
    super(parent, clock);
  }

  [Symbol.dispose](): void {
    const scopes: Scope[] = [this];
    for (let at = 0; at < scopes.length; at++) {
      for (let child = scopes[at]!.firstChild; child !== null; child = child.nextSibling) scopes.push(child);
    }
    for (const scope of scopes.reverse()) scope.close();
  }
}
