"""The process that measures one growth: ``python -m benchmarks.growth_points NAME``."""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import time
from pathlib import Path

from benchmarks.contenders.contender import peak_memory
from benchmarks.growth import Growth, Work, growths

SECONDS = 0.3
"""What a point should take."""
TRIES = 5
SPIKES_PER_THOUSANDTH = 4.096 * 32 * 4
"""Spikes of the whole run, where a thousandth of all could-be spikes are sent."""


def main(name: str) -> None:
    """Measure a growth and print its points as JSON."""
    growth = next(growth for growth in growths() if growth.name == name)
    growth.make(growth.sizes[0])()()  # compile
    points = [_point(growth, size) for size in growth.sizes]
    if growth.name == "spikes":
        for point in points:
            silence = _point(growth, 0)["seconds"]
            point["seconds"] = max(point["seconds"] - silence, 1e-9)
            point["size"] *= SPIKES_PER_THOUSANDTH
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
    return {"size": size, "seconds": _seconds(work), "bytes": max(held, 1)}


def _seconds(work: Work) -> float:
    start = time.perf_counter()
    work()
    repeats = max(1, int(SECONDS / TRIES / (time.perf_counter() - start)))
    best = float("inf")
    for _ in range(TRIES):
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        best = min(best, (time.perf_counter() - start) / repeats)
    return best


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


if __name__ == "__main__":
    main(sys.argv[1])
