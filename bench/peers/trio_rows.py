"""What Trio takes for the rows."""

import math
import time

import trio
from contender import p99, same, serve, sum_below


async def gather(n):
    results = []

    async def body():
        await trio.lowlevel.checkpoint()
        results.append(1)

    async with trio.open_nursery() as nursery:
        for _ in range(n):
            nursery.start_soon(body)
    return sum(results)


async def tasks(n):
    done = 0
    for _ in range(n):
        done += await gather(1)
    return done


async def sleeps(n):
    woken = []

    async def one(i):
        await trio.sleep((1 + i % 50) / 1e3)
        woken.append(1)

    async with trio.open_nursery() as nursery:
        for i in range(n):
            nursery.start_soon(one, i)
    return len(woken)


async def lateness(n):
    late = []

    async def one(i):
        seconds = (1 + i % 50) / 1e3
        start = time.perf_counter()
        await trio.sleep(seconds)
        late.append(time.perf_counter() - start - seconds)

    async with trio.open_nursery() as nursery:
        for i in range(n):
            nursery.start_soon(one, i)
    return p99(late), n


async def cancel(n):
    cancelled = []

    async def one():
        try:
            await trio.sleep(1e3)
        except trio.Cancelled:
            cancelled.append(1)
            raise

    async with trio.open_nursery() as nursery:
        for _ in range(n):
            nursery.start_soon(one)
        await trio.sleep(0.01)
        start = time.perf_counter()
        nursery.cancel_scope.cancel()
    return (time.perf_counter() - start) * 1e3, len(cancelled)


async def semaphore_free(n):
    permits = trio.Semaphore(1)
    done = 0
    for _ in range(n):
        async with permits:
            done += 1
    return done


async def semaphore_contended(n):
    permits = trio.Semaphore(1)
    done = []

    async def work():
        for _ in range(n // 100):
            async with permits:
                await trio.lowlevel.checkpoint()
                done.append(1)

    async with trio.open_nursery() as nursery:
        for _ in range(100):
            nursery.start_soon(work)
    return len(done)


def queue(maxsize):
    async def passed(n):
        send, receive = trio.open_memory_channel(maxsize)
        total = 0

        async def produce():
            for i in range(n):
                await send.send(i)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(produce)
            for _ in range(n):
                total += await receive.receive()
        return total

    return passed


ROWS = {
    "gather of functions": (gather, same),
    "create and await a task": (tasks, same),
    "sleeps of 1 to 50 ms, all at once: wall time": (sleeps, same),
    "sleeps of 1 to 50 ms, all at once: p99 lateness, never early": (lateness, same),
    "cancel sleeping tasks": (cancel, same),
    "semaphore, free": (semaphore_free, same),
    "semaphore, contended": (semaphore_contended, same),
    "queue, unbounded": (queue(math.inf), sum_below),
    "queue of 100": (queue(100), sum_below),
    "queue of 1": (queue(1), sum_below),
}

trio.run(serve, ROWS)
