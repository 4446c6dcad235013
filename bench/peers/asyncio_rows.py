"""What Python's asyncio takes for the rows. With --uvloop, on that event loop."""

import asyncio
import concurrent.futures
import sys
import time

from contender import p99, resident, same, serve, sum_below


async def body():
    await asyncio.sleep(0)
    return 1


async def gather(n):
    return sum(await asyncio.gather(*[body() for _ in range(n)]))


async def gather_ten(n):
    permits = asyncio.Semaphore(10)

    async def limited():
        async with permits:
            return await body()

    return sum(await asyncio.gather(*[limited() for _ in range(n)]))


async def tasks(n):
    done = 0
    for _ in range(n):
        done += await asyncio.create_task(body())
    return done


async def pending(n):
    loop = asyncio.get_running_loop()
    release = []

    async def wait():
        release.append(loop.create_future())
        return await release[-1]

    before = resident()
    waiting = [asyncio.create_task(wait()) for _ in range(n)]
    await asyncio.sleep(0.02)
    cost = resident() - before
    for future in release:
        future.set_result(1)
    return cost, sum(await asyncio.gather(*waiting))


async def sleeps(n):
    async def one(i):
        await asyncio.sleep((1 + i % 50) / 1e3)
        return 1

    return sum(await asyncio.gather(*[one(i) for i in range(n)]))


async def lateness(n):
    late = []

    async def one(i):
        seconds = (1 + i % 50) / 1e3
        start = time.perf_counter()
        await asyncio.sleep(seconds)
        late.append(time.perf_counter() - start - seconds)

    await asyncio.gather(*[one(i) for i in range(n)])
    return p99(late), n


async def cancel(n):
    sleeping = [asyncio.create_task(asyncio.sleep(1e3)) for _ in range(n)]
    await asyncio.sleep(0)
    start = time.perf_counter()
    for task in sleeping:
        task.cancel()
    await asyncio.gather(*sleeping, return_exceptions=True)
    cost = (time.perf_counter() - start) * 1e3
    return cost, sum(task.cancelled() for task in sleeping)


async def semaphore_free(n):
    permits = asyncio.Semaphore(1)
    done = 0
    for _ in range(n):
        async with permits:
            done += 1
    return done


async def semaphore_contended(n):
    permits = asyncio.Semaphore(1)

    async def work():
        done = 0
        for _ in range(n // 100):
            async with permits:
                await asyncio.sleep(0)
                done += 1
        return done

    return sum(await asyncio.gather(*[work() for _ in range(100)]))


def queue(maxsize):
    async def passed(n):
        items = asyncio.Queue(maxsize)

        async def produce():
            for i in range(n):
                await items.put(i)

        async def consume():
            total = 0
            for _ in range(n):
                total += await items.get()
            return total

        return (await asyncio.gather(produce(), consume()))[1]

    return passed


async def piled_up(n):
    items = asyncio.Queue()
    total = 0
    for i in range(n):
        await items.put(i)
    for _ in range(n):
        total += await items.get()
    return total


async def lag(n):
    loop = asyncio.get_running_loop()
    lags = []

    def spin():
        x = 0
        for i in range(400_000):
            x = (x * 31 + i) & 0xFFFFFFFF
        return 1

    async def tick():
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.001)
            lags.append(time.perf_counter() - start - 0.001)

    ticking = asyncio.create_task(tick())
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        done = sum(await asyncio.gather(*[loop.run_in_executor(threads, spin) for _ in range(n)]))
    ticking.cancel()
    return p99(lags), done


ROWS = {
    "gather of functions": (gather, same),
    "gather, 10 at a time": (gather_ten, same),
    "create and await a task": (tasks, same),
    "memory of a pending task": (pending, same),
    "sleeps of 1 to 50 ms, all at once: wall time": (sleeps, same),
    "sleeps of 1 to 50 ms, all at once: p99 lateness, never early": (lateness, same),
    "cancel sleeping tasks": (cancel, same),
    "lag of the event loop with two workers saturated: p99": (lag, same),
    "semaphore, free": (semaphore_free, same),
    "semaphore, contended": (semaphore_contended, same),
    "queue, unbounded": (queue(0), sum_below),
    "queue of 100": (queue(100), sum_below),
    "queue of 1": (queue(1), sum_below),
    "queue, all put before the first get": (piled_up, sum_below),
}

if "--uvloop" in sys.argv:
    import uvloop

    uvloop.run(serve(ROWS))
else:
    asyncio.run(serve(ROWS))
