"""How what devices learned is put together: on the chip's grid, on finer master weights, side by side.

python -m benchmarks averaging [--seeds N] [--json FILE] [--from-json] [--page]
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.averaging_prototypes import prototypes_learned
from benchmarks.child import ROOT
from benchmarks.mini_federation import Judge, Mini, dealt, run
from benchmarks.readouts.costs import percents
from benchmarks.small_study import SmallStudy
from benchmarks.table import Table
from compile.pipeline import compile_model
from hardware.emulator.engine import EmulatorBackend
from lava_fed.aggregate.aggregator import Aggregator, MasterState
from lava_fed.aggregate.build import build
from lava_fed.config.aggregate import AggregateConfig
from lava_fed.data import registry
from lava_fed.learning.samples import labels_of
from lava_fed.local.on_chip import OnChip
from lava_fed.local.trainer import Work
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.partition.dirichlet import dirichlet
from lava_fed.shared import Shared

PAGE = ROOT / "docs" / "averaging.md"
DEVICES, ALPHA = 10, 0.3
NETWORK, STEPS = "63-64-10", 16
OPTIONS = {"threshold": "400"}
SHOWN = 1000
"""Samples that each device shows in all."""
PORTIONS = (100, 20, 4)
"""Samples that a device shows in a round."""
HALVINGS = (0.3, 0.5, 0.7, 0.85)
"""Parts of the rounds after which learning is halved."""


@dataclass(frozen=True, eq=False)
class OnGrid(Aggregator):
    """Another aggregator, whose master weights are put back on the chip's grid after every round.

    Attributes
    ----------
    inner : Aggregator
        Combines the changes.
    truncated : bool
        Whether fractions are cut off, towards 0; else the nearest weight is taken, halfway the even one.
    """

    inner: Aggregator
    truncated: bool
    name: ClassVar[str] = "on_grid"

    def apply(self, state: MasterState, deltas: Sequence[WeightDelta]) -> MasterState:
        """Return the state after a round, all of it in whole chip units."""
        moved = self.inner.apply(state, deltas)
        if self.truncated:
            return moved.moved({name: _cut(array) for name, array in moved.arrays.items()})
        nearest = self.weights(moved)
        return moved.moved({name: array.astype(np.int64) << FRACTION_BITS for name, array in nearest.items()})


def _cut(array: NDArray[np.int64]) -> NDArray[np.int64]:
    whole: NDArray[np.int64] = np.sign(array) * (np.abs(array) >> FRACTION_BITS << FRACTION_BITS)
    return whole


def ways(shared: Shared) -> dict[str, Aggregator]:
    """Return the ways to put changes together, by name."""
    mean, last = build(AggregateConfig(), shared), shared.program.network.output.name
    # Side by side go rows that belong to a class: all prototypes, or the units of the last layer.
    layers = {name: "union" for name in shared.names if name.endswith(f"->{last}")}
    union = AggregateConfig(layers=layers) if layers else AggregateConfig(name="union")
    return {
        "truncated": OnGrid(mean, truncated=True),
        "nearest": OnGrid(mean, truncated=False),
        "master": mean,
        "union": build(union, shared),
    }


WAYS = {
    "truncated": "averaged, cut off to whole weights",
    "nearest": "averaged, rounded to whole weights",
    "master": "averaged on master weights",
    "union": "union",
}
"""What the ways are called."""


def error_driven(portion: int, seed: int) -> dict[str, float]:
    """Return the accuracy of a network that learns as a whole from its errors, by way of putting together."""
    model = compile_model(Path(NETWORK), learn="direct_feedback", options=OPTIONS)
    shared, data = Shared.of(model), registry.images("digits", "device", STEPS)
    parts = dirichlet(labels_of(data), DEVICES, ALPHA, np.random.default_rng(seed), minimum=10)
    rounds, found = SHOWN // portion, {}
    halve_at = tuple(int(part * rounds) + 1 for part in HALVINGS)
    with (
        OnChip(EmulatorBackend()) as trainer,
        Judge(shared, registry.images("digits", "test", STEPS)) as judge,
    ):
        for name, aggregator in ways(shared).items():
            mini = Mini(shared, dealt(data, parts), trainer, aggregator, Work(samples=portion), seed, halve_at)
            found[name] = float(judge.right(aggregator.weights(run(mini, rounds))).mean())
    return found


def measure(seeds: int) -> dict[str, Any]:
    """Return accuracies of both kinds of rules, one for each seed."""
    began = time.perf_counter()
    errors: dict[str, dict[str, list[float]]] = {}
    for portion in PORTIONS:
        runs = [error_driven(portion, seed) for seed in range(1, seeds + 1)]
        errors[str(portion)] = {name: [each[name] for each in runs] for name in WAYS}
    made = [prototypes_learned(ways, seed) for seed in range(1, seeds + 1)]
    prototypes = {name: [each[name] for each in made] for name in (*WAYS, "alone")}
    return {
        "errors": errors,
        "prototypes": prototypes,
        "seconds": time.perf_counter() - began,
    }


def tables(found: dict[str, Any]) -> list[Table]:
    """Return a table of the error-driven rule, and one of prototypes."""
    errors, prototypes = found["errors"], found["prototypes"]
    header = ("", *(f"{portion} samples a round, {SHOWN // int(portion)} rounds" for portion in errors))
    rows = [(what, *(percents(errors[p][name]) for p in errors)) for name, what in WAYS.items()]
    notes = (
        f"Digits, {NETWORK}, {DEVICES} devices, Dirichlet {ALPHA}, {found['seeds']} seeds: mean (least to "
        f"greatest). Each device shows {SHOWN:,} samples in all.",
    )
    few = [("each device alone, mean", percents(prototypes["alone"]))]
    few += [(what, percents(prototypes[name])) for name, what in WAYS.items()]
    return [
        Table("Whole network, learned from errors", header, tuple(rows), notes),
        Table("Prototypes, learned from single examples", ("", "test digits"), tuple(few)),
    ]


STUDY = SmallStudy("averaging", "How what devices learned is put together.", 3, measure, tables, PAGE)


def main(arguments: list[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    return STUDY.main(arguments)
