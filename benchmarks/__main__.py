"""The command ``python -m benchmarks``: measure, show, keep.

python -m benchmarks [all|networks|ceiling|growth] [--quick] [--only NAME] [--json FILE] [--plot FILE]
python -m benchmarks page --json FILE            write the results of a run into docs/performance.md
python -m benchmarks STUDY [--help]              one of ``STUDIES``, with options of its own
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.ceiling import higher, measure_ceiling
from benchmarks.child import ROOT
from benchmarks.contest import contest
from benchmarks.growth import measure_growth
from benchmarks.machine import machine
from benchmarks.measure import FULL, QUICK, Tell
from benchmarks.networks import MNIST, chosen
from benchmarks.page import write_page
from benchmarks.plot import draw
from benchmarks.results import FORMAT, Results, read, write
from benchmarks.table import Table, tables
from hardware.errors import LavaFedError

PAGE = ROOT / "docs" / "performance.md"
WIDTH = 160
"""Columns, where nobody looks at a terminal."""
QUICK_NETWORKS = ("mnist", "dense 1024")
STUDIES = {
    "averaging": "benchmarks.averaging",
    "event_fedavg": "benchmarks.event_fedavg",
    "forgetting": "benchmarks.forgetting",
    "har": "benchmarks.har",
    "byzantine": "benchmarks.byzantine",
    "devices": "benchmarks.devices",
    "kills": "benchmarks.kills",
    "learning": "benchmarks.learning",
    "whole_network": "benchmarks.whole_network",
    "speech": "benchmarks.readouts.speech",
    "nmnist": "benchmarks.readouts.nmnist",
    "first_order": "benchmarks.theory.first_order",
    "proximal": "benchmarks.theory.proximal",
    "partitions": "benchmarks.partitions",
    "federated_mnist": "benchmarks.federated_mnist",
    "federated_bits": "benchmarks.federated_bits",
    "spike_bytes": "benchmarks.spike_bytes",
    "codec_bytes": "benchmarks.codec_bytes",
}
"""Modules whose ``main(arguments)`` is a command of its own, by its name here."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 where something can be corrected."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words and words[0] in STUDIES:
        return int(importlib.import_module(STUDIES[words[0]]).main(words[1:]))
    options = _parser().parse_args(words)
    console, errors = Console(), Console(stderr=True)
    if not console.is_terminal:
        console = Console(width=WIDTH)
    try:
        if options.part == "page":
            if options.json is None:
                raise LavaFedError("page needs results; give them with --json FILE")
            write_page(read(options.json), options.page)
            return 0
        with errors.status("measuring") as status:
            results = measure(options, status.update)
        for table in tables(results):
            _show(table, console)
        if options.json:
            write(results, options.json)
        if options.plot:
            draw(results, options.plot)
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    return 0


def measure(options: argparse.Namespace, tell: Tell) -> Results:
    """Measure the parts that were asked for."""
    effort = QUICK if options.quick else FULL
    results = Results(
        format=FORMAT,
        machine=machine(),
        settings={
            "rounds": str(effort.rounds),
            "seconds a turn": str(effort.seconds),
            "kind": "quick" if options.quick else "full",
        },
    )
    if options.part in ("all", "ceiling"):
        results["ceiling"] = measure_ceiling(tell)
    if options.part in ("all", "networks"):
        found = chosen(options.only, options.mnist)
        if options.quick and not options.only:
            found = tuple(workload for workload in found if workload.name in QUICK_NETWORKS)
        results["networks"] = [contest(workload, effort, tell) for workload in found]
    if "ceiling" in results:
        results["ceiling"] = higher(results["ceiling"], measure_ceiling(tell))
    if options.part == "growth" or (options.part == "all" and not options.only):
        results["growth"] = measure_growth(
            tell, options.only if options.part == "growth" else "", quick=options.quick
        )
    return results


def _show(table: Table, console: Console) -> None:
    drawn = RichTable(title=table.title, title_justify="left", caption_justify="left")
    for index, name in enumerate(table.header):
        drawn.add_column(name, justify="left" if index == 0 else "right")
    for row in table.rows:
        drawn.add_row(*row)
    console.print(drawn)
    for note in table.notes:
        console.print(f"  {note}", markup=False, highlight=False)
    console.print()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure ours beside its peers.")
    parts = ("all", "networks", "ceiling", "growth", "page")
    parser.add_argument("part", nargs="?", choices=parts, default="all", help="what to measure (all)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, two networks; under three minutes")
    parser.add_argument("--only", default="", metavar="NAME", help="networks or growths whose name holds this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results; for page, where they are")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them, .svg or .png")
    parser.add_argument(
        "--mnist", type=Path, default=MNIST, metavar="FILE", help="MNIST's test images, gzipped IDX"
    )
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="the page that holds the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
