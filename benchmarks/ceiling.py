"""What the machine can do at most: integer additions, memory."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.adders import ACCUMULATORS, VECTOR_BITS, from_cache, in_registers, one_after_another, operands
from benchmarks.machine import caches
from benchmarks.measure import Tell
from benchmarks.results import Adds, Bandwidth, Ceiling, Measured

SECONDS = 0.1
"""What one measurement should take."""
TRIES = 5
"""The best counts: noise only slows."""
DERIVATION = (
    "A synaptic operation is one integer addition: a synapse's weight is added to the sum of its target. The "
    "ceiling is what all cores together add in registers, in vectors of 16 bits, with nothing loaded or stored. A "
    "network's share is its synaptic operations per second, divided by that. To load the weight, to widen it from "
    "8 bits, to find the spikes and to update the neurons is what the rest of the time goes into."
)


def measure_ceiling(tell: Tell) -> Ceiling:
    """Measure the machine.

    Parameters
    ----------
    tell : callable
        Called with what is being done.
    """
    tell("ceiling: frequency")
    chain = one_after_another()
    hertz = 2 * _best(partial(_registers, chain), 1)  # an addition and an exclusive or, one after the other
    cores = len(os.sched_getaffinity(0))
    counts = (1,) if cores == 1 else (1, cores)
    adds: list[Adds] = []
    for bits in (16, 32):
        tell(f"ceiling: additions of {bits} bits")
        rounds = in_registers(bits)
        lanes = ACCUMULATORS * VECTOR_BITS // bits
        sums, rows = operands(bits)
        from_cache(sums, rows, 1)
        for threads in counts:
            registers = lanes * _best(partial(_registers, rounds), threads)
            cached = rows.size * _best(partial(_cached, bits), threads)
            adds.append(Adds(bits=bits, threads=threads, registers=registers, cache=cached))
    bandwidth = []
    for level, size in _buffers().items():
        tell(f"ceiling: memory, {level}")
        bandwidth += [_bandwidth(level, size, threads) for threads in counts]
    return Ceiling(hertz=hertz, adds=adds, bandwidth=bandwidth, derivation=DERIVATION)


def higher(first: Ceiling, second: Ceiling) -> Ceiling:
    """Return the higher of two measurements, figure by figure: whatever else runs here can only lower them."""
    adds = [
        Adds(
            bits=a["bits"],
            threads=a["threads"],
            registers=max(a["registers"], b["registers"]),
            cache=max(a["cache"], b["cache"]),
        )
        for a, b in zip(first["adds"], second["adds"], strict=True)
    ]
    bandwidth = [
        Bandwidth(
            level=a["level"],
            bytes=a["bytes"],
            threads=a["threads"],
            read=max(a["read"], b["read"]),
            copy=max(a["copy"], b["copy"]),
        )
        for a, b in zip(first["bandwidth"], second["bandwidth"], strict=True)
    ]
    hertz = max(first["hertz"], second["hertz"])
    return Ceiling(hertz=hertz, adds=adds, bandwidth=bandwidth, derivation=first["derivation"])


def doubt(ceiling: Ceiling) -> str:
    """Say why a ceiling cannot be trusted; empty where it can.

    A ceiling that other work has lowered makes every share look better than it is. Lanes of 16 bits are twice as
    many as those of 32, and cores add side by side.
    """
    rates = {(adds["bits"], adds["threads"]): adds["registers"] for adds in ceiling["adds"]}
    cores = max(threads for _, threads in rates)
    if rates[16, cores] < 1.8 * rates[32, cores] or rates[16, 1] < 1.8 * rates[32, 1]:
        return "additions of 16 bits are not twice as fast as those of 32"
    if rates[16, cores] < 0.8 * cores * rates[16, 1]:
        return f"{cores} threads do not add {cores} times as fast as one"
    return ""


def peak(ceiling: Ceiling, bits: int = 16) -> float:
    """Return the most integer additions per second of so many bits."""
    return max(adds["registers"] for adds in ceiling["adds"] if adds["bits"] == bits)


def per_cycle(ceiling: Ceiling, bits: int = 16) -> float:
    """Return the additions per cycle of one core; a multiple of its lanes, where no one else uses the machine."""
    alone = next(adds for adds in ceiling["adds"] if adds["bits"] == bits and adds["threads"] == 1)
    return alone["registers"] / ceiling["hertz"]


def share(measured: Measured, ceiling: Ceiling) -> float:
    """Return the part of the ceiling that a network reaches at its best batch size, 0..1."""
    cells = measured["standings"][0]["cells"]
    return measured["operations"] * max(cell["rate"] for cell in cells) / peak(ceiling)


def _registers(rounds: Callable[[int], int], count: int) -> Callable[[], object]:
    return partial(rounds, count)


def _cached(bits: int, count: int) -> Callable[[], object]:
    sums, rows = operands(bits)
    return partial(from_cache, sums, rows, count)


def _best(make: Callable[[int], Callable[[], object]], threads: int) -> float:
    """Return the rounds per second of all threads together."""
    count = 1000
    while (once := _together([make(count)])) < SECONDS / 10:
        count *= 4
    count = max(1, int(count * SECONDS / once))
    times = [_together([make(count) for _ in range(threads)]) for _ in range(TRIES)]
    return threads * count / min(times)


def _together(works: list[Callable[[], object]]) -> float:
    """Time works side by side, from a common start; seconds."""
    if len(works) == 1:
        start = time.perf_counter()
        works[0]()
        return time.perf_counter() - start
    gate = threading.Barrier(len(works) + 1)

    def run(work: Callable[[], object]) -> None:
        gate.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    gate.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def _buffers() -> dict[str, int]:
    """Return bytes for each thread, by where they lie."""
    sizes = caches()
    return {"L2": sizes[2] // 2, "L3": min(4 * sizes[2], sizes[3] // 4), "memory": max(8 * sizes[3], 256 << 20)}


def _bandwidth(level: str, size: int, threads: int) -> Bandwidth:
    pairs = [(np.ones(size // 8, np.int64), np.zeros(size // 8, np.int64)) for _ in range(threads)]
    works: dict[str, Any] = {"read": _read, "copy": _copy}
    rates = {}
    for name, work in works.items():
        work(*pairs[0], 1)
        repeats = 1
        while (once := _together([partial(work, *pairs[0], repeats)])) < SECONDS / 10:
            repeats *= 4
        repeats = max(1, int(repeats * SECONDS / once))
        jobs: list[Callable[[], object]] = [partial(work, *pair, repeats) for pair in pairs]
        best = min(_together(jobs) for _ in range(TRIES))
        rates[name] = threads * repeats * size / best
    return Bandwidth(level=level, bytes=size, threads=threads, read=rates["read"], copy=rates["copy"])


@njit(nogil=True)
def _read(source, _, repeats):  # type: ignore[no-untyped-def]  # numba takes no annotations
    """Read all of a buffer; each pass begins with what the last one gave, so that none is skipped."""
    total = 0
    for _ in range(repeats):
        part = total & 1
        for index in range(source.size):
            part += source[index]
        total ^= part
    return total


def _copy(source: NDArray[Any], target: NDArray[Any], repeats: int) -> None:
    """Copy a buffer as numpy does; bytes are counted once, though they are read and written."""
    for _ in range(repeats):
        np.copyto(target, source)
