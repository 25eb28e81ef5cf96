"""The process that measures one growth: ``python -m benchmarks.growth_points NAME SIZE SIZE ...``."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.contenders.contender import peak_memory
from benchmarks.growth import Growth, Work, growths

SECONDS = 0.3
"""What a point should take."""
TRIES = 5
"""The best counts: noise only slows."""
TURNS = 25
"""Tries where a small difference counts."""
SPIKES_PER_THOUSANDTH = 4.096 * 32 * 16
"""Spikes of the whole run, where a thousandth of all could-be spikes are sent."""


def main(name: str, sizes: tuple[int, ...]) -> None:
    """Measure a growth at some sizes and print its points as JSON."""
    growth = next(growth for growth in growths() if growth.name == name)
    growth.make(growth.sizes[0])()()  # compile
    points = (
        _beyond_silence(growth, sizes) if growth.name == "spikes" else [_point(growth, size) for size in sizes]
    )
    print(json.dumps(points))


def _point(growth: Growth, size: int) -> dict[str, float]:
    gc.collect()
    load = growth.make(size)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before = _resident()
    work = load()
    work()
    held = peak_memory() - before
    if held <= 0:
        raise ValueError(f"{size} {growth.unit} took no memory that was not there already; begin with more")
    return {"size": size, "seconds": min(_seconds(work, _repeats(work)) for _ in range(TRIES)), "bytes": held}


def _beyond_silence(growth: Growth, sizes: tuple[int, ...]) -> list[dict[str, float]]:
    """Measure what spikes cost beyond steps without any; sizes take turns, so that all see the same machine."""
    works = {size: growth.make(size)() for size in (0, *sizes)}
    repeats = {size: _repeats(work) for size, work in works.items()}
    best = dict.fromkeys(works, float("inf"))
    for _ in range(TURNS):
        for size, work in works.items():
            best[size] = min(best[size], _seconds(work, repeats[size]))
    points = []
    for size in sizes:
        seconds = best[size] - best[0]
        if seconds <= 0:
            raise ValueError(f"{size} spikes in 1,000 cost less than noise; measure when all is quiet")
        points.append({"size": size * SPIKES_PER_THOUSANDTH, "seconds": seconds, "bytes": 0})
    return points


def _repeats(work: Work) -> int:
    return max(1, int(SECONDS / TRIES / _seconds(work, 1)))


def _seconds(work: Work, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    main(sys.argv[1], tuple(int(size) for size in sys.argv[2:]))
