"""Whole networks that learn on the chips of ten devices: accuracy against how unlike the devices' images are.

python -m benchmarks federated_mnist [--only NAME] [--network SIZES] [--parts P,...] [--seeds N] [--json FILE]
    --page FILE ... writes kept results into docs/federated_learning.md instead.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.child import ROOT
from benchmarks.federated_mnist_results import PAGE, Run, table, write_page
from benchmarks.kept import keep
from compile.pipeline import compile_model
from hardware.errors import LavaFedError
from lava_fed.config.reader import parse
from lava_fed.coordinator.rounds import FederationResult, federate
from lava_fed.observer import Observer

DATA = ROOT.parent / "shared" / "data"
"""Where the folders of images are looked for; ``--data FOLDER`` names another place."""
DEVICES = 10
POOLED = "one device"
"""Instead of a partition: one device has all images, and shows as many in a round as ten do."""


@dataclass(frozen=True)
class Recipe:
    """What was chosen for a data set, on the last 10,000 of its training images.

    Attributes
    ----------
    folder : str
        Of its files.
    network : str
        Sizes of its layers; nothing is trained beforehand.
    numbers : mapping of str to int
        Of the rule ``direct_feedback``, where they are not the usual ones.
    rounds, samples : int
        Rounds, and samples that each device shows in one.
    halve_at : tuple of int
        Rounds from which learning is halved once more.
    parts : tuple of str
        Partitions, in the order of their runs: an alpha of a Dirichlet draw, ``iid``, ``dominant``, ``POOLED``.
    momentum : float
        Of the server's steps; one device alone has none, as its changes are no averages.
    steps : int
        Of a sample; 0 for the usual 16. Each hidden layer more takes time.
    options : mapping of str to int
        How the network begins, where that is not as usual.
    """

    folder: str
    network: str
    numbers: dict[str, int]
    rounds: int
    samples: int
    halve_at: tuple[int, ...]
    parts: tuple[str, ...]
    momentum: float
    steps: int = 0
    options: dict[str, int] = field(default_factory=dict)


RECIPES = (
    Recipe(
        folder="mnist",
        network="784-128-10",
        numbers={"rest": -2000, "error_shift": 5},
        rounds=50,
        samples=1000,
        halve_at=(25, 38, 46),
        momentum=0.9,
        parts=("0.5", POOLED, "0.1", "iid", "1", "0.3", "10"),
    ),
    Recipe(
        folder="fashion_mnist",
        network="784-32-10",
        numbers={"rest": 0, "error_shift": 5},
        rounds=100,
        samples=1000,
        halve_at=(35, 65, 85),
        momentum=0.7,
        parts=("dominant", POOLED),
    ),
    Recipe(
        folder="fashion_mnist",
        network="784-32-16-10",
        numbers={"rest": -1000, "error_shift": 5, "epoch": 22, "once": 1},
        rounds=120,
        samples=1000,
        halve_at=(40, 75, 100),
        momentum=0.7,
        parts=("dominant", POOLED),
        steps=22,
        options={"threshold_deep": 352},
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    runs: list[Run] = []
    try:
        if options.page:
            write_page(options.page, options.into)
            return 0
        for recipe in _chosen(options.only, options.network):
            for part in recipe.parts if options.parts is None else options.parts.split(","):
                for seed in range(options.first, options.first + options.seeds):
                    shorter = recipe if options.rounds is None else replace(recipe, rounds=options.rounds)
                    with errors.status(f"{recipe.folder}, {part}, seed {seed}") as status:
                        runs.append(learn(shorter, part, seed, options.data, status.update))
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


def _chosen(folder: str | None, network: str | None) -> list[Recipe]:
    return [each for each in RECIPES if folder in (None, each.folder) and network in (None, each.network)]


def learn(recipe: Recipe, part: str, seed: int, data: Path, tell: Any) -> Run:
    """Run one federation from nothing, judged on the test set five times."""

    class Watch(Observer):
        """Shows how far it is."""

        def stage(self, text: str) -> None:
            tell(f"{recipe.folder}, {part}, seed {seed}: {text}")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = compile_model(
            Path(recipe.network),
            learn="direct_feedback",
            learn_options=recipe.numbers,
            options={"seed": str(seed)} | {key: str(value) for key, value in recipe.options.items()},
        )
        program.save(folder / "network.h5")
        config = parse(document(recipe, part, seed, data), folder, f"{recipe.folder}, {part}")
        began = time.perf_counter()
        result = federate(config, folder / "run", observer=Watch())
        return _run(recipe, part, seed, result, time.perf_counter() - began)


def document(recipe: Recipe, part: str, seed: int, data: Path) -> dict[str, Any]:
    """Return the config of one federation, as it would stand in a file."""
    devices: dict[str, Any] = {"count": DEVICES, "partition": part}
    if part == POOLED:
        devices = {"count": 1, "partition": "iid"}
    elif part not in ("iid", "dominant"):
        devices = {"count": DEVICES, "partition": "dirichlet", "alpha": float(part)}
    server = {"server": "momentum", "options": {"momentum": recipe.momentum}}
    return {
        "program": {"path": "network.h5"},
        "data": {"folder": str((data / recipe.folder).resolve()), "steps": recipe.steps},
        "devices": devices,
        "rounds": {
            "count": recipe.rounds,
            "samples": recipe.samples * (DEVICES // devices["count"]),
            "halve_at": [each for each in recipe.halve_at if each <= recipe.rounds],
        },
        "judge": {"every": max(1, recipe.rounds // 5), "devices": False},
        "run": {"seed": seed, "workers": 1, "baselines": False},
        "aggregate": {} if part == POOLED else server,
    }


def _run(recipe: Recipe, part: str, seed: int, result: FederationResult, seconds: float) -> Run:
    ledger = json.loads((result.out / "result.json").read_text(encoding="utf-8")).get("ledger", {})
    records = result.records
    return Run(
        data=recipe.folder,
        network=recipe.network,
        part=part,
        seed=seed,
        rounds=recipe.rounds,
        samples=recipe.samples,
        halve_at=list(recipe.halve_at),
        judged=[record.round for record in records if record.accuracy is not None],
        accuracy=[record.accuracy for record in records if record.accuracy is not None],
        bits_up=8 * sum(device.up for record in records for device in record.devices),
        bits_broadcast=8 * sum(max(device.down for device in record.devices) for record in records),
        joules={cause: amount for cause, amount in (ledger.get("joules") or {}).items() if amount is not None},
        seconds=seconds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks federated_mnist", description="Ten devices learn images, all layers on chip."
    )
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="holds mnist, fashion_mnist")
    parser.add_argument("--only", choices=sorted({each.folder for each in RECIPES}), help="one data set")
    parser.add_argument("--network", choices=[each.network for each in RECIPES], help="one network")
    parser.add_argument("--parts", metavar="P,...", help="partitions: alphas, iid, dominant, 'one device'")
    parser.add_argument("--rounds", type=int, metavar="N", help="as the recipe says")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="runs of each (1)")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="the first seed (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    parser.add_argument("--page", type=Path, nargs="+", metavar="FILE", help="write kept results into the page")
    parser.add_argument("--into", type=Path, default=PAGE, metavar="FILE", help="that page")
    return parser
