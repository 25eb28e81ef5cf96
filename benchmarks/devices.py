"""How a federation grows with its devices: seconds and memory of ten rounds, and the exponent.

python -m benchmarks devices [--counts N ...] [--rounds N] [--samples N] [--hidden N] [--workers N] [--json FILE]

Every device has the same number of MNIST images and learns a whole network on chip; the final weights are judged
once. Each federation runs in a process of its own; its peak is that of the process, imports and data included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.child import ROOT
from benchmarks.exponent import exponent
from benchmarks.machine import machine
from compile.pipeline import compile_model
from hardware.errors import LavaFedError

DATA = ROOT.parent / "shared" / "data" / "mnist"
"""Where MNIST's files are looked for; ``--data FOLDER`` names another place."""
COUNTS = (10, 100, 1000)
SECONDS_BAR, MEMORY_BAR = 300.0, 4 << 30
"""What a thousand devices may take, s and bytes."""
LIMIT = 3600.0
"""Seconds after which a federation that says nothing is ended."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; 1 where a bar is missed, 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    if options.one:
        print(json.dumps(run_one(options, options.one)))
        return 0
    console, errors = Console(width=110), Console(stderr=True)
    points = []
    for count in options.counts:
        with errors.status(f"{count} devices"):
            points.append(_in_child(count, list(arguments)))
    _show(points, console)
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": machine(), "points": points}, indent=2) + "\n")
    last = points[-1]
    return int(last["devices"] >= COUNTS[-1] and not (last["seconds"] < SECONDS_BAR and last["peak"] < MEMORY_BAR))


def run_one(options: argparse.Namespace, count: int) -> dict[str, Any]:
    """Run one federation in this process."""
    from benchmarks.contenders.contender import peak_memory
    from lava_fed.config import load
    from lava_fed.coordinator.rounds import federate

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = compile_model(Path(f"784-{options.hidden}-10"), learn="direct_feedback", options={"seed": "1"})
        program.save(folder / "program.h5")
        (folder / "federation.toml").write_text(_config(options, count), encoding="utf-8")
        config = load(folder / "federation.toml")
        begun, busy = time.perf_counter(), time.process_time()
        result = federate(config, folder / "run")
        return {
            "devices": count,
            "rounds": options.rounds,
            "seconds": time.perf_counter() - begun,
            "cpu": time.process_time() - busy,
            "peak": peak_memory(),
            "accuracy": result.accuracy,
            "bytes_up": sum(record.bytes_up for record in result.records),
            "bytes_down": sum(record.bytes_down for record in result.records),
        }


def _config(options: argparse.Namespace, count: int) -> str:
    return f"""
[program]
path = "program.h5"
[data]
folder = {json.dumps(str(options.data))}
limit = {count * options.samples}
[devices]
count = {count}
partition = "iid"
minimum = 1
[rounds]
count = {options.rounds}
[judge]
every = {options.rounds}
devices = false
[run]
seed = 1
workers = {options.workers}
baselines = false
"""


def _in_child(count: int, arguments: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "devices", *arguments, "--one", str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    if done.returncode:
        raise LavaFedError(f"{count} devices: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _show(points: list[dict[str, Any]], console: Console) -> None:
    table = Table(title="A federation on one machine", title_justify="left")
    for column in (
        "devices",
        "seconds",
        "CPU seconds",
        "CPU ms a task",
        "peak MB",
        "MB up",
        "MB down",
        "accuracy %",
    ):
        table.add_column(column, justify="right")
    for point in points:
        table.add_row(
            str(point["devices"]),
            f"{point['seconds']:.1f}",
            f"{point['cpu']:.1f}",
            f"{1000 * point['cpu'] / point['devices'] / point['rounds']:.1f}",
            f"{point['peak'] / 2**20:.0f}",
            f"{point['bytes_up'] / 1e6:.1f}",
            f"{point['bytes_down'] / 1e6:.1f}",
            f"{100 * point['accuracy']:.2f}",
        )
    console.print(table)
    if len(points) > 1:
        sizes = [point["devices"] for point in points]
        slope = exponent(sizes, [point["seconds"] for point in points])
        memory = exponent(sizes, [point["peak"] for point in points])
        busy = exponent(sizes, [point["cpu"] for point in points])
        console.print(f"  exponent of seconds {slope:.2f}, of CPU seconds {busy:.2f}, of memory {memory:.2f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks devices", description="Grow a federation.")
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS), metavar="N", help="devices")
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="rounds (10)")
    parser.add_argument("--samples", type=int, default=20, metavar="N", help="images of a device (20)")
    parser.add_argument("--hidden", type=int, default=256, metavar="N", help="hidden units (256)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="threads (2)")
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="MNIST's files")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    return parser
