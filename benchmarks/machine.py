"""The machine that measures, in words."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from benchmarks.child import ROOT

FLAGS = ("avx2", "avx512f", "avx512bw", "avx512_vnni", "avx_vnni", "asimd", "sve")
"""Processor flags that matter for adding narrow integers."""
PACKAGES = ("numpy", "numba", "lava-nc", "lava-dl", "torch")


def machine() -> dict[str, str]:
    """Return what a reader must know to compare figures."""
    cpu = _cpu()
    flags = cpu.get("flags", cpu.get("Features", "")).split()
    facts = {
        "processor": cpu.get("model name", platform.processor() or platform.machine()),
        "cores": str(len(os.sched_getaffinity(0))),
        "caches": ", ".join(f"L{level} {size >> 10} KiB" for level, size in caches().items()),
        "flags": " ".join(flag for flag in FLAGS if flag in flags),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            facts[package] = "not installed"
    facts["date"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    facts["commit"] = _git("rev-parse", "--short=12", "HEAD") + (
        " with changes" if _git("status", "-s", "-uno") else ""
    )
    return facts


def caches() -> dict[int, int]:
    """Return the data caches that a core sees, bytes by level; usual sizes where the system does not say."""
    found = {1: 32 << 10, 2: 1 << 20, 3: 16 << 20}
    for index in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        try:
            if (index / "type").read_text(encoding="ascii").strip() == "Instruction":
                continue
            level = int((index / "level").read_text(encoding="ascii"))
            size = (index / "size").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        found[level] = int(size[:-1]) << {"K": 10, "M": 20}[size[-1]]
    return dict(sorted(found.items()))


def _cpu() -> dict[str, str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _git(*arguments: str) -> str:
    try:
        found = subprocess.run(
            ["git", *arguments],  # noqa: S607  # as the user has it
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return "unknown"
    return found.stdout.strip()
