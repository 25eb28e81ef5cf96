"""Spiking devices against Event-FedAvg, the field's best accounted result: accuracy against bits on the wire.

python -m benchmarks event_fedavg [--seeds N] [--first N] [--held-out N] [--rounds N] [--json FILE]
    --set TABLE.KEY=VALUE ... tries another setting; --page FILE ... writes kept results into docs/event_fedavg.md,
    with those that federated_mnist kept of devices that learn on their chips.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.child import ROOT
from benchmarks.event_fedavg_results import PAGE, Run, table, write_page
from benchmarks.held_out import hold_out
from benchmarks.kept import keep
from compile.pipeline import compile_model
from hardware.errors import LavaFedError
from lava_fed.config.changes import changed, split, values
from lava_fed.config.reader import parse
from lava_fed.coordinator.rounds import federate
from lava_fed.observer import Observer
from lava_fed.presets.preset import find_preset

DATA = ROOT.parent / "shared" / "data" / "fashion_mnist"
"""Where the images are looked for; ``--data FOLDER`` names another place."""
PRESET = "fashion-slayer"
JUDGEMENTS = 10
"""Times that a run is judged on its way."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(width=120), Console(stderr=True)
    runs: list[Run] = []
    try:
        if options.page:
            write_page(options.page, options.into)
            return 0
        with _images(options.data, options.held_out) as folder:
            for seed in range(options.first, options.first + options.seeds):
                with errors.status(f"seed {seed}") as status:
                    runs.append(learn(seed, folder, options, status.update))
                if options.json is not None:
                    keep(runs, options.json)  # so that a stopped run leaves what it found
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    found = table(runs)
    drawn = RichTable(title=found.title, title_justify="left")
    for name in found.header:
        drawn.add_column(name)
    for row in found.rows:
        drawn.add_row(*row)
    console.print(drawn)
    return 0


def learn(seed: int, folder: Path, options: argparse.Namespace, tell: Any) -> Run:
    """Run one federation from nothing, and count every byte that went over the wire."""

    class Watch(Observer):
        """Shows how far it is."""

        def stage(self, text: str) -> None:
            tell(f"seed {seed}: {text}")

    preset = find_preset(PRESET)
    with tempfile.TemporaryDirectory() as name:
        program = compile_model(Path(preset.network), options={**preset.options, "seed": str(seed)})
        program.save(Path(name) / "program.h5")
        document = dict(preset.document)
        if options.rounds:
            document = _lasting(document, options.rounds)
        document = changed(document, "data.folder", str(folder.resolve()))
        document = changed(document, "run.seed", seed)
        for text in options.set:
            key, value = split(text)
            document = changed(document, key, values(value)[0])
        every = max(1, document["rounds"]["count"] // JUDGEMENTS)
        document = changed(document, "judge.every", every)
        config = parse(document, Path(name), f"preset {PRESET}")
        began, busy = time.perf_counter(), time.process_time()
        records = federate(config, Path(name) / "run", observer=Watch()).records
    up = [sum(device.up for device in record.devices) for record in records]
    down = [max(device.down for device in record.devices) for record in records]
    copies = sum(device.down for record in records for device in record.devices)
    return Run(
        method=config.work.method,
        network=preset.network,
        seed=seed,
        tested=f"the last {options.held_out:,} training images" if options.held_out else "the test set",
        settings={key: str(value) for key, value in config.settings().items() if not key.startswith("data.")},
        judged=[record.round for record in records if record.accuracy is not None],
        accuracy=[record.accuracy for record in records if record.accuracy is not None],
        megabits=[8e-6 * sum(up[: record.round] + down[: record.round]) for record in records if record.accuracy],
        uplink=8e-6 * sum(up),
        broadcast=8e-6 * sum(down),
        copies=8e-6 * copies,
        seconds=time.perf_counter() - began,
        processor_seconds=time.process_time() - busy,
    )


def _lasting(document: dict[str, Any], rounds: int) -> dict[str, Any]:
    """Return the config with another number of rounds, and learning halved at the same parts of them."""
    usual = document["rounds"]["count"]
    halved = [max(1, each * rounds // usual) for each in document["rounds"]["halve_at"]]
    return changed(changed(document, "rounds.count", rounds), "rounds.halve_at", sorted(set(halved)))


@contextmanager
def _images(folder: Path, held_out: int) -> Iterator[Path]:
    """Give the images' folder, or one in which the last training images stand in for the test set."""
    if not held_out:
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        hold_out(folder, held_out, Path(name))
        yield Path(name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks event_fedavg", description="Accuracy against bits, beside Event-FedAvg."
    )
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="the files of Fashion-MNIST")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="runs (1)")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="seed of the first run (1)")
    parser.add_argument("--rounds", type=int, metavar="N", help="as the preset says")
    parser.add_argument(
        "--held-out",
        type=int,
        default=0,
        metavar="N",
        help="judge by the last N training images, not learned from",
    )
    parser.add_argument("--set", action="append", default=[], metavar="TABLE.KEY=VALUE", help="another setting")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    parser.add_argument("--page", type=Path, nargs="+", metavar="FILE", help="write kept results into the page")
    parser.add_argument("--into", type=Path, default=PAGE, metavar="FILE", help="that page")
    return parser
