"""A whole network learns on one device: accuracy over passes, seed by seed, with what it costs on the chip.

python -m benchmarks whole_network [--only NAME] [--seeds N] [--passes N] [--samples N] [--hidden N] [--json FILE]
    --fixed keeps the feedback random; --held-out N tests with the last N training images instead of the test set.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.child import ROOT
from benchmarks.kept import keep
from benchmarks.whole_network_results import Run, write_page
from cli.learn_view import account, events
from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend
from hardware.errors import LavaFedError
from lava_fed.data.images import Images
from lava_fed.learning.plan import Plan
from lava_fed.learning.training import Training

DATA = ROOT.parent / "shared" / "data"
"""Where the folders of images are looked for; ``--data FOLDER`` names another place."""
PAGE = ROOT / "docs" / "whole_network.md"


@dataclass(frozen=True)
class Recipe:
    """What was chosen for a data set, on the last 10,000 of its training images.

    Attributes
    ----------
    folder : str
        Of its files.
    anneal : tuple of int
        How often errors are halved in each pass.
    shift : int
        Pixels by which the host moves the images of each pass, at most.
    bar : float
        Accuracy to be reached, 0..1.
    """

    folder: str
    anneal: tuple[int, ...]
    shift: int
    bar: float


RECIPES = (
    Recipe("mnist", (0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5), 1, 0.98),
    Recipe("fashion_mnist", (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4), 0, 0.88),
)


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    runs: list[Run] = []
    try:
        if options.page:
            write_page(options.page, PAGE)
            return 0
        for recipe in [each for each in RECIPES if options.only in (None, each.folder)]:
            for seed in range(1, options.seeds + 1):
                with errors.status(f"{recipe.folder}, seed {seed}") as status:
                    runs.append(learn(recipe, seed, options, status.update))
                if options.json is not None:
                    keep(runs, options.json)  # so that a stopped run leaves what it found
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    console.print(_table(runs))
    return 0


def learn(recipe: Recipe, seed: int, options: argparse.Namespace, tell: Any) -> Run:
    """Let one device learn from nothing, and test it after each pass."""
    train, test, tested = _images(options.data / recipe.folder, options.held_out)
    if options.samples is not None:
        train = train.only(slice(options.samples))
    program = compile_model(
        Path(f"{train.units - 1}-{options.hidden}-{train.classes}"),
        learn="direct_feedback",
        learn_options={"fixed": int(options.fixed)},
        options={"seed": str(seed)},
    )
    passes = len(recipe.anneal) if options.passes is None else options.passes
    plan = Plan(passes=passes, seed=seed, anneal=recipe.anneal[:passes], shift=recipe.shift)
    with EmulatorBackend().load(program) as session:
        training = Training(session, plan, train, test)
        times, tests = [], 0
        began = time.perf_counter()
        while not training.done:
            training.advance()
            if len(training.points) > tests:
                tests = len(training.points)
                last = training.points[-1].accuracy or 0.0
                tell(f"{recipe.folder}, seed {seed}: pass {tests - 1} of {passes}, {100 * last:.2f} %")
                times.append(time.perf_counter() - began)
        found, counted = account(training), events(training)
        learned = training.learned
    return Run(
        data=recipe.folder,
        seed=seed,
        feedback="fixed" if options.fixed else "learned",
        bar=recipe.bar,
        anneal=list(plan.anneal),
        shift=plan.shift,
        learned_from=len(train),
        tested_with=tested,
        accuracy=[point.accuracy or 0.0 for point in training.points[1:]],
        seconds_a_pass=np.diff(times).round(2).tolist(),
        spikes=_per_sample(counted.spikes, learned),
        synaptic_operations=_per_sample(counted.synaptic_operations, learned),
        learning_updates=_per_sample(counted.learning_updates, learned),
        joules={} if found is None else _amount(found.joules.over(learned)),
        seconds_on_chip={} if found is None or found.seconds is None else _amount(found.seconds.over(learned)),
    )


def _images(folder: Path, held_out: int) -> tuple[Images, Images, str]:
    """Return images to learn from and to test with: the test set, or the last of the training set."""
    train = Images.read(folder, "train")
    if held_out:
        kept = len(train) - held_out
        return train.only(slice(kept)), train.only(slice(kept, None)), f"the last {held_out:,} training images"
    return train, Images.read(folder, "test"), "the test set"


def _per_sample(counts: Mapping[str, int], samples: int) -> dict[str, float]:
    return {name: count / samples for name, count in counts.items()}


def _amount(amount: Any) -> dict[str, float]:
    return {"value": amount.value, "low": amount.low, "high": amount.high}


def _table(runs: list[Run]) -> Table:
    table = Table(title="One device learns a whole network", title_justify="left")
    for index, name in enumerate(
        ("data", "feedback", "seed", "after each pass, %", "last, %", "bar, %", "s a pass", "energy a sample")
    ):
        table.add_column(name, justify="left" if index in (0, 1, 3) else "right")
    for run in runs:
        joules = run["joules"]
        table.add_row(
            run["data"],
            run["feedback"],
            str(run["seed"]),
            " ".join(f"{100 * each:.2f}" for each in run["accuracy"]),
            f"{100 * run['accuracy'][-1]:.2f}",
            f"{100 * run['bar']:.0f}",
            f"{statistics.median(run['seconds_a_pass']):.1f}",
            f"{1e6 * joules['value']:.1f} uJ" if joules else "-",
        )
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks whole_network", description="Learn MNIST and Fashion-MNIST, all layers on chip."
    )
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="holds mnist, fashion_mnist")
    parser.add_argument("--only", choices=[each.folder for each in RECIPES], help="one data set")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="devices, one after the other (3)")
    parser.add_argument("--passes", type=int, metavar="N", help="over the data; as the recipe says")
    parser.add_argument("--samples", type=int, metavar="N", help="learn from the first N images only")
    parser.add_argument("--hidden", type=int, default=512, metavar="N", help="hidden units (512)")
    parser.add_argument("--fixed", action="store_true", help="keep the feedback random and fixed")
    parser.add_argument(
        "--held-out", type=int, default=0, metavar="N", help="test with the last N training images instead"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results")
    parser.add_argument(
        "--page",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="write kept results into docs/whole_network.md instead",
    )
    return parser
