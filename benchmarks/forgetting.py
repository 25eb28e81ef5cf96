"""What devices forget: of one task while they learn another, of classes that come one group after the other.

python -m benchmarks forgetting [--seeds N] [--json FILE] [--from-json] [--page]
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.child import ROOT
from benchmarks.forgetting_bound import PIECE, Bench, Point, first_task, follow
from benchmarks.mini_federation import Judge, Mini, Weights, run
from benchmarks.readouts.costs import percents
from benchmarks.small_study import SmallStudy
from benchmarks.table import Table
from hardware.emulator.engine import EmulatorBackend
from lava_fed.aggregate.build import build
from lava_fed.config.aggregate import AggregateConfig
from lava_fed.config.course import TasksConfig
from lava_fed.continual.drift import agreement, distance
from lava_fed.continual.forgetting import Forgetting, by_task
from lava_fed.continual.tasks import at
from lava_fed.learning.samples import labels_of
from lava_fed.local.on_chip import OnChip
from lava_fed.local.proximal import WHOLE
from lava_fed.local.trainer import Work
from lava_fed.messages.delta import WeightDelta
from lava_fed.partition.iid import iid
from lava_fed.shared import Shared

PAGE = ROOT / "docs" / "forgetting.md"
DEGREES = (0, 30, 90)
"""How far the second task is turned against the first."""
SHARES = (0, 4, 16, 64, 128, 248)
"""256ths of the way back that a pull goes."""
DEVICES = 4
SPLIT = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
ROUNDS_EACH, PASSES = 3, 2
METHODS: dict[str, Work] = {
    "nothing": Work(PASSES),
    "proximal, 0.25 of the way": Work(PASSES, proximal=0.25),
    "EWC, 0.25 of the way": Work(PASSES, ewc=0.25),
    "replay, 2 KiB": Work(PASSES, replay=2048),
    "replay, 8 KiB": Work(PASSES, replay=8192),
    "replay, 32 KiB": Work(PASSES, replay=32768),
    "replay, 8 KiB, with EWC": Work(PASSES, replay=8192, ewc=0.25),
}
"""What holds devices back; budgets of replay are a device's."""
ALL = "all classes from the start"
SHUFFLED = "nothing, each device its own order"


def points(seeds: int) -> list[Point]:
    """Return how far one device goes, and what it forgets, for each drift of the task and strength of the pull."""
    bench, found = Bench.make(), []
    for seed in range(1, seeds + 1):
        learned = first_task(bench, seed)
        found += [follow(bench, degrees, share, seed, learned) for degrees in DEGREES for share in SHARES]
    return found


def sequence(work: Work, seed: int, *, split: bool = True, shuffled: bool = False) -> dict[str, float]:
    """Return what a federation knows of each task after all of them, and what it forgot."""
    bench = Bench.make()
    shared, labels = Shared.of(bench.program), labels_of(bench.test)
    tasks = TasksConfig(SPLIT, ROUNDS_EACH, shuffled)
    parts = iid(labels_of(bench.train), DEVICES, np.random.default_rng(seed))
    names = [f"device-{number}" for number in range(1, DEVICES + 1)]
    chosen = tasks if split else TasksConfig()
    data = {name: at(chosen, bench.train.only(part), name, seed) for name, part in zip(names, parts, strict=True)}
    rounds, rows = len(SPLIT) * ROUNDS_EACH, []
    cosines: list[float] = []
    lengths: list[float] = []
    if not split:  # as many samples a round as a task has
        work = Work(samples=PASSES * len(bench.train) // DEVICES // len(SPLIT))
    with OnChip(EmulatorBackend()) as trainer, Judge(shared, bench.test) as judge:
        aggregator = build(AggregateConfig(), shared)

        def seen(number: int, weights: Weights, deltas: Sequence[WeightDelta]) -> None:
            cosines.append(agreement(deltas))
            lengths.extend(distance(delta.weights) for delta in deltas)
            if number % ROUNDS_EACH == 0:
                rows.append(by_task(judge.right(weights), labels, SPLIT))

        run(Mini(shared, data, trainer, aggregator, work, seed), rounds, seen)
    found = Forgetting(np.array(rows))
    return {
        "average": found.average,
        "learned": float(found.accuracy.diagonal().mean()),
        "forgetting": found.forgetting,
        "backward": found.backward_transfer,
        "agreement": float(np.mean(cosines)),
        "distance": float(np.mean(lengths)),
    }


def measure(seeds: int) -> dict[str, Any]:
    """Return both studies."""
    runs = range(1, seeds + 1)
    sequences = {name: [sequence(work, seed) for seed in runs] for name, work in METHODS.items()}
    sequences[SHUFFLED] = [sequence(Work(PASSES), seed, shuffled=True) for seed in runs]
    sequences[ALL] = [sequence(Work(PASSES), seed, split=False) for seed in runs]
    return {"points": points(seeds), "sequences": sequences}


def tables(found: dict[str, Any]) -> list[Table]:
    """Return a table of the bound, and one of the sequence of tasks."""
    return [_bound_table(found["points"], found["seeds"]), _sequence_table(found["sequences"], found["seeds"])]


def _bound_table(made: Sequence[Point], seeds: int) -> Table:
    rows = []
    for degrees, share in dict.fromkeys((point["degrees"], point["share"]) for point in made):
        here = [point for point in made if (point["degrees"], point["share"]) == (degrees, share)]

        def mean(key: str, here: Sequence[Any] = here) -> float:
            return float(np.mean([point[key] for point in here]))

        bound = f"{mean('first') * (WHOLE - share) / share:,.0f}" if share else "none"
        rows.append(
            (
                f"{degrees}",
                f"{share / WHOLE:.3f}",
                f"{mean('first'):,.0f}",
                bound,
                f"{mean('reached'):,.0f}",
                f"{100 * mean('forgot'):.1f} %",
                f"{100 * mean('endangered'):.1f} %",
                f"{100 * mean('claimed'):.1f} %",
                f"{100 * mean('other'):.1f} %",
            )
        )
    header = (
        "turned by, degrees",
        "pull s",
        "drift D",
        "D (1 - s) / s",
        "reached",
        "forgot",
        "at most, by what was reached",
        "at most, by D (1 - s) / s",
        "new task",
    )
    pulled = [point for point in made if point["share"]]
    broken = sum(point["reached"] > point["first"] * (WHOLE - point["share"]) / point["share"] for point in pulled)
    notes = (
        f"Seeds: {seeds}; means. Lengths in chip units; a pull every {PIECE} samples. Before the new task "
        f"{100 * float(np.mean([point['before'] for point in made])):.1f} % of the old one's digits were right.",
        f"Reached is beyond D (1 - s) / s in {broken} of {len(pulled)} runs with a pull; more is forgotten than "
        f"'at most' says in {sum(point['forgot'] > point['endangered'] for point in made)} of {len(made)}.",
        *_slopes(made),
    )
    return Table("One task after another", header, tuple(rows), notes)


def _slopes(made: Sequence[Point]) -> list[str]:
    """Say how fast the distance falls with the pull: -1 would be 1 / lambda."""
    found = []
    for degrees in dict.fromkeys(point["degrees"] for point in made):
        lengths = {
            share: np.mean([p["reached"] for p in made if (p["degrees"], p["share"]) == (degrees, share)])
            for share in SHARES
            if share
        }
        slopes = [
            np.log(lengths[b] / lengths[a]) / np.log((b / (WHOLE - b)) / (a / (WHOLE - a)))
            for a, b in pairwise(lengths)
        ]
        steps = ", ".join(f"{slope:.2f}" for slope in slopes)
        found.append(
            f"{degrees} degrees: the distance goes with s / (1 - s) to the power of {steps}, step by step."
        )
    return found


def _sequence_table(found: dict[str, list[dict[str, float]]], seeds: int) -> Table:
    rows = [
        (
            name,
            percents([run["average"] for run in runs]),
            percents([run["learned"] for run in runs]),
            *(f"{100 * float(np.mean([run[key] for run in runs])):.1f}" for key in ("forgetting", "backward")),
            f"{np.mean([run['distance'] for run in runs]):,.0f}",
            f"{np.mean([run['agreement'] for run in runs]):.2f}",
        )
        for name, runs in found.items()
    ]
    header = (
        "",
        "average of all tasks at the end",
        "each task as it ends",
        "forgetting",
        "backward transfer",
        "drift of a device",
        "agreement",
    )
    notes = (
        f"Digits in five tasks of two classes, {DEVICES} devices, {ROUNDS_EACH} rounds of {PASSES} passes each, "
        f"seeds: {seeds}; mean (least to greatest); forgetting and backward transfer in points. Drift: "
        "how far a device moves in a round, chip units; agreement: mean cosine of two devices' changes.",
    )
    return Table("Five tasks of two classes", header, tuple(rows), notes)


STUDY = SmallStudy(
    "forgetting", "What devices forget, how far they go, what holds them back.", 2, measure, tables, PAGE
)


def main(arguments: list[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    return STUDY.main(arguments)
