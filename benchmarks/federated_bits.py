"""Bytes to reach an accuracy: codecs of changes, each with error feedback and without.

python -m benchmarks federated_bits [--only NAME] [--data NAME] [--rounds N] [--seeds N] [--json FILE]
    --page FILE ... writes kept results into docs/communication.md instead.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.child import ROOT
from benchmarks.federated_bits_results import PAGE, Run, table, write_page
from benchmarks.kept import keep
from compile.pipeline import compile_model
from hardware.errors import LavaFedError
from lava_fed.config.reader import parse
from lava_fed.coordinator.rounds import FederationResult, federate
from lava_fed.observer import Observer

DATA = ROOT.parent / "shared" / "data"
"""Where the folder ``mnist`` is looked for; ``--folder FOLDER`` names another place."""
DEVICES, ALPHA = 10, 0.5


@dataclass(frozen=True)
class Recipe:
    """What is learned, by whole networks on the chips.

    Attributes
    ----------
    data : str
        ``digits``, or ``mnist``, a folder.
    network : str
        Sizes of its layers.
    options : mapping of str to str
        How it begins.
    rounds, samples : int
        Rounds, and samples that each device shows in one; 0 for all.
    """

    data: str
    network: str
    options: dict[str, str]
    rounds: int
    samples: int


RECIPES = (
    Recipe("digits", "63-64-10", {"threshold": "400"}, 40, 0),
    Recipe("mnist", "784-32-10", {}, 40, 200),
)


@dataclass(frozen=True)
class Way:
    """A way to send changes.

    Attributes
    ----------
    codec : str
        Registered name.
    feedback : bool
        Whether devices keep what is held back.
    options : mapping
        Of the codec.
    """

    codec: str
    feedback: bool = True
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the table calls it."""
        said = ", ".join(f"{name} {value}" for name, value in self.options.items())
        return f"{self.codec} {said}".strip()


LOSSY = (
    Way("topk", options={"fraction": 0.01}),
    Way("topk", options={"fraction": 0.05}),
    Way("threshold", options={"threshold": 4.0}),
    Way("sign"),
    Way("lowbit", options={"bits": 3}),
)
WAYS = (Way("exact"), *(Way(way.codec, kept, way.options) for way in LOSSY for kept in (True, False)))


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    runs: list[Run] = []
    try:
        if options.page:
            write_page(options.page, options.into)
            return 0
        recipe = next(each for each in RECIPES if each.data == options.data)
        if options.rounds is not None:
            recipe = replace(recipe, rounds=options.rounds)
        for seed in range(1, options.seeds + 1):
            for way in [each for each in WAYS if options.only in (None, each.codec)]:
                with errors.status(f"{way.title}, seed {seed}") as status:
                    runs.append(learn(recipe, way, seed, options.folder, status.update))
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


def learn(recipe: Recipe, way: Way, seed: int, data: Path, tell: Any) -> Run:
    """Run one federation of whole networks that learn on their chips, from nothing."""

    class Watch(Observer):
        """Shows how far it is."""

        def stage(self, text: str) -> None:
            tell(f"{way.title}, seed {seed}: {text}")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = compile_model(
            Path(recipe.network), learn="direct_feedback", options={**recipe.options, "seed": str(seed)}
        )
        program.save(folder / "network.h5")
        config = parse(document(recipe, way, seed, data), folder, way.title)
        began = time.perf_counter()
        result = federate(config, folder / "run", observer=Watch())
        return _run(recipe, way, seed, result, time.perf_counter() - began)


def document(recipe: Recipe, way: Way, seed: int, data: Path) -> dict[str, Any]:
    """Return the config of one federation, as it would stand in a file."""
    digits = recipe.data == "digits"
    return {
        "program": {"path": "network.h5"},
        "data": {"name": "digits", "steps": 16} if digits else {"folder": str((data / recipe.data).resolve())},
        "devices": {"count": DEVICES, "partition": "dirichlet", "alpha": ALPHA},
        "rounds": {"count": recipe.rounds, "samples": recipe.samples},
        "uplink": {"codec": way.codec, "feedback": way.feedback, "options": way.options},
        "judge": {"every": 1 if digits else 2, "devices": False},
        "run": {"seed": seed, "workers": 1, "baselines": False},
    }


def _run(recipe: Recipe, way: Way, seed: int, result: FederationResult, seconds: float) -> Run:
    return Run(
        way=way.title,
        feedback=way.feedback,
        exact=way.codec == "exact",
        seed=seed,
        data=recipe.data,
        samples=recipe.samples,
        network=recipe.network,
        judged=[record.round for record in result.records if record.accuracy is not None],
        accuracy=[record.accuracy for record in result.records if record.accuracy is not None],
        bytes_up=[sum(device.up for device in record.devices) for record in result.records],
        bytes_broadcast=[max(device.down for device in record.devices) for record in result.records],
        seconds=seconds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks federated_bits", description="Bytes to reach an accuracy, codec by codec."
    )
    parser.add_argument("--data", choices=[each.data for each in RECIPES], default="digits", help="(digits)")
    parser.add_argument("--folder", type=Path, default=DATA, metavar="FOLDER", help="holds the folder mnist")
    parser.add_argument("--only", choices=sorted({way.codec for way in WAYS}), help="one codec")
    parser.add_argument("--rounds", type=int, metavar="N", help="as the recipe says")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of each (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    parser.add_argument("--page", type=Path, nargs="+", metavar="FILE", help="write kept results into the page")
    parser.add_argument("--into", type=Path, default=PAGE, metavar="FILE", help="that page")
    return parser
