import { assert, assertEquals, assertRejects } from "@std/assert";
import { gather, Lock, Queue, sleep } from "../../mod.ts";
import { fuzz } from "../../lib/testing/mod.ts";

/** The order in which tasks go on that are due at the same time, in each of `runs` runs. */
async function orders(options: { seed?: number; runs: number }): Promise<string[]> {
  const seen: string[] = [];
  await fuzz(options, async () => {
    const order: string[] = [];
    await gather([..."abcd"].map((name) => () => sleep(10).then(() => order.push(name))));
    seen.push(order.join(""));
  });
  return seen;
}

Deno.test("fuzz() tries many orders", async () => {
  // All 24 but for some luck.
  assert(new Set(await orders({ runs: 200 })).size > 20);
});

Deno.test("fuzz() with the same seed tries the same orders", async () => {
  assertEquals(await orders({ seed: 7, runs: 20 }), await orders({ seed: 7, runs: 20 }));
});

Deno.test("fuzz() gives each run the next seed", async () => {
  const all = await orders({ seed: 7, runs: 20 });
  assertEquals(await orders({ seed: 19, runs: 1 }), [all[12]!]);
});

Deno.test("fuzz() permutes what waits for its next turn", async () => {
  const seen = new Set<string>();
  await fuzz({ runs: 50 }, async () => {
    const order: string[] = [];
    await gather([..."ab"].map((name) => () => sleep(0).then(() => order.push(name))));
    seen.add(order.join(""));
  });
  assertEquals([...seen].sort(), ["ab", "ba"]);
});

Deno.test("fuzz() names the seed of the run that failed, and replays it", async () => {
  const race = async () => {
    const order: string[] = [];
    await gather([..."abc"].map((name) => () => sleep(10).then(() => order.push(name))));
    assertEquals(order.join(""), "abc");
  };
  const error = await assertRejects(() => fuzz({ seed: 100 }, race), Error, "replay it with { seed: ");
  const seed = Number(error.message.match(/seed: (\d+)/)![1]);
  const again = await assertRejects(() => fuzz({ seed, runs: 1 }, race), Error, `seed: ${seed}`);
  assertEquals((again.cause as Error).message, (error.cause as Error).message);
});

Deno.test("fuzz() finds a read and a write with a wait between them", async () => {
  let balance = 0;
  const deposit = async () => {
    const before = balance;
    await sleep(1);
    balance = before + 1;
  };
  await assertRejects(() =>
    fuzz({ runs: 100 }, async () => {
      balance = 0;
      // Not at the same time, as long as each goes on when it is due.
      await gather(deposit, () => sleep(1).then(deposit));
      assertEquals(balance, 2);
    })
  );
});

Deno.test("fuzz() finds nothing where a lock is held", async () => {
  await fuzz({ runs: 100 }, async () => {
    const lock = new Lock();
    let balance = 0;
    const deposit = async () => {
      using _ = await lock.acquire();
      const before = balance;
      await sleep(1);
      balance = before + 1;
    };
    await gather(deposit, () => sleep(1).then(deposit), deposit);
    assertEquals(balance, 3);
  });
});

Deno.test("fuzz() keeps what is promised: a queue is first in, first out", async () => {
  await fuzz({ runs: 50 }, async () => {
    const queue = new Queue<number>(1);
    const got: number[] = [];
    await gather(
      async () => {
        for (let n = 0; n < 5; n++) await queue.put(n);
      },
      async () => {
        while (got.length < 5) got.push(await queue.get());
      },
    );
    assertEquals(got, [0, 1, 2, 3, 4]);
  });
});

Deno.test("fuzz() refuses a seed and a count that are out of range", async () => {
  for (const options of [{ seed: -1 }, { runs: 0 }, { runs: 1.5 }]) {
    await assertRejects(() => fuzz(options, () => {}), RangeError);
  }
});
