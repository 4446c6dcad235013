"""The other end of `contender_process.ts`, for Python: reads a line {n, atLeast}, answers with {cost, rounds}."""

import json
import sys
import time


def answer(message):
    print(json.dumps(message), flush=True)


async def serve(rows):
    """Do rounds of the row named last on the command line: an async function of n, that gives a check, or (cost, check)."""
    try:
        run, expected = rows[sys.argv[-1]]
        answer({"ready": True})
        for line in sys.stdin:
            request = json.loads(line)
            n = request["n"]
            total, rounds, begin = 0.0, 0, time.perf_counter()
            while True:
                start = time.perf_counter()
                result = await run(n)
                took = (time.perf_counter() - start) * 1e3
                cost, check = result if isinstance(result, tuple) else (took, result)
                if check != expected(n):
                    raise ValueError(f"wrong answer: expected {expected(n)}, got {check}")
                total += cost
                rounds += 1
                if (time.perf_counter() - begin) * 1e3 >= request["atLeast"]:
                    break
            answer({"cost": total / rounds, "rounds": rounds})
    except Exception as error:
        answer({"failure": f"{type(error).__name__}: {error}"})


def same(n):
    return n


def sum_below(n):
    return n * (n - 1) // 2


def p99(late):
    late.sort()
    return late[int(len(late) * 0.99)] * 1e3


def resident():
    """Bytes of this process in memory."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096
