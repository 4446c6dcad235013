// Classes of errors of one's own, on both sides.
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { runInWorker, workerModule, WorkerPool } from "../../../mod.ts";

class PaymentError extends Error {
  override name = "PaymentError";
  readonly amount: number;

  constructor(amount: number) {
    super(`Cannot pay ${amount}`);
    this.amount = amount;
  }

  get isLarge(): boolean {
    return this.amount > 100;
  }
}

class Rejections extends AggregateError {}

class StoppedError extends DOMException {}

const errors = [PaymentError, Rejections, StoppedError];

/** The same classes where the function runs. */
function pay(amount: number): never {
  class PaymentError extends Error {
    override name = "PaymentError";
    amount: number;

    constructor(amount: number) {
      super(`Cannot pay ${amount}`);
      this.amount = amount;
    }
  }
  class CardError extends PaymentError {
    override name = "CardError";
  }
  class Rejections extends AggregateError {}
  class StoppedError extends DOMException {}
  if (amount === 1) throw new Rejections([new PaymentError(7)], "some", { cause: new PaymentError(8) });
  if (amount === 2) throw new StoppedError("stopped", "AbortError");
  throw amount === 3 ? new CardError(3) : new PaymentError(amount);
}

for (const backend of ["thread", "web", "process"] as const) {
  Deno.test(`${backend} worker: an error of a class that the pool was given is of that class`, async () => {
    await using pool = new WorkerPool({ size: 1, backend, errors });
    const error = await assertRejects(() => pool.run(pay, [101]), PaymentError, "Cannot pay 101");
    assertEquals([error.constructor, error.name, error.amount, error.isLarge], [
      PaymentError,
      "PaymentError",
      101,
      true,
    ]);
    assert(error.stack!.includes("pay (worker:"), error.stack);
  });
}

Deno.test("classes of errors hold for causes, for errors of errors, and for what extends them", async () => {
  await using pool = new WorkerPool({ size: 1, errors });
  const several = await assertRejects(() => pool.run(pay, [1]), Rejections, "some");
  assertInstanceOf(several.errors[0], PaymentError);
  assertInstanceOf(several.cause, PaymentError);
  const card = await assertRejects(() => pool.run(pay, [3]), PaymentError);
  assertEquals([card.constructor.name, card.name, card.amount], ["CardError", "CardError", 3]);
  assertEquals((await assertRejects(() => pool.run(pay, [2]), StoppedError)).name, "AbortError");
});

Deno.test("classes of errors that one pool was given are not those of another", async () => {
  await using one = new WorkerPool({ size: 1, errors });
  await using other = new WorkerPool({ size: 1 });
  for (const amount of [3, 4]) {
    assertInstanceOf(await one.run(pay, [amount]).catch((error) => error), PaymentError);
    const error = await other.run(pay, [amount]).catch((error) => error);
    assertEquals([error instanceof Error, error instanceof PaymentError], [true, false]);
  }
});

Deno.test("runInWorker() and workerModule() take classes of errors, in the place of those of the pool", async () => {
  await assertRejects(() => runInWorker(pay, [5], { errors }), PaymentError);
  const url = `data:text/javascript,
    class PaymentError extends Error {}
    export function pay() { throw new PaymentError("none"); }
  `;
  const module = workerModule<{ pay(): never }>(url, { errors: [PaymentError] });
  await assertRejects(() => module.pay(), PaymentError, "none");
  await using pool = new WorkerPool({ size: 1, errors });
  const error = await pool.run(pay, [5], { errors: [] }).catch((error) => error);
  assertEquals(error instanceof PaymentError, false);
});

Deno.test("an initializer's error is of the classes that the pool was given", async () => {
  await using pool = new WorkerPool({ size: 1, errors, initializer: pay, initArgs: [9] });
  const error = await assertRejects(() => pool.run(() => 1), Error, "Cannot pay 9");
  assertInstanceOf(error.cause, PaymentError);
});

for (
  const [wrong, message] of [
    [PaymentError, "must be an array"],
    [[Date], "classes that extend Error"],
    [[Error], "classes that extend Error"],
    [["PaymentError"], "classes that extend Error"],
    [[class extends Error {}], "with names"],
    [[PaymentError, PaymentError], "two classes of one name"],
  ] as const
) {
  Deno.test(`errors: ${Deno.inspect(wrong)} is refused, by the pool and by the call: ${message}`, async () => {
    const errors = wrong as unknown as [];
    assertThrows(() => new WorkerPool({ errors }), TypeError, message);
    await using pool = new WorkerPool({ size: 1 });
    await assertRejects(() => pool.run(() => 1, [], { errors }), TypeError, message);
  });
}
