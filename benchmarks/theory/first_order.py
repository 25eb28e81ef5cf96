"""What a federated round is to first order: one step equals gradient descent, several nearly do.

python -m benchmarks first_order [--page]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from rich.console import Console

from benchmarks.section import write_tables
from benchmarks.table import Table
from benchmarks.theory.expected import Point, full_batches, slayer, small_batches
from benchmarks.theory.fit import slope
from benchmarks.theory.one_step import Parts, in_fractions, in_integers, in_reals
from benchmarks.theory.problem import CLASSES, PAGE, chain, digits, trained
from benchmarks.theory.rates import Rates, Reals
from benchmarks.theory.show import show
from hardware.errors import LavaFedError
from lava_fed.data.images import Images
from lava_fed.partition.dirichlet import dirichlet
from lava_fed.partition.dominant import dominant
from lava_fed.partition.iid import iid

SEED, DEVICES, ALPHA = 3, 10, 0.3
HIDDEN, SMALL = 16, 8
"""Hidden units of the smooth network; of the one whose gradients become fractions."""
BATCH, EQUAL = 32, 96
"""Samples of a small batch; of each device where all have equally many."""
SMOOTH_RATES, BATCH_RATES, SLAYER_RATES = (
    (0.001, 0.003, 0.01, 0.03, 0.1),
    (0.0003, 0.001, 0.003, 0.01, 0.03),
    (2.0, 8.0, 31.25, 125.0, 500.0),
)
EPOCHS = (2, 4, 8, 16)
FITTED = 0.1
"""Errors above this are past the first order: no line is laid through them."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    try:
        with errors.status("one step") as status:
            tables = [_one_step(), *_expected(status.update)]
        if options.page:
            write_tables("first_order", tables, PAGE)
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    show(tables, console)
    return 0


def _one_step() -> Table:
    images = digits("device")
    rates = _rates(images, SMALL)
    weights, rng = rates.start(np.random.default_rng(SEED)), np.random.default_rng(SEED)
    rows = []
    for name, parts in (
        ("1 device", iid(images.y, 1, rng)),
        ("2 devices, iid", iid(images.y, 2, rng)),
        ("10 devices, iid", iid(images.y, 10, rng)),
        ("10 devices, Dirichlet 0.3", dirichlet(images.y, 10, ALPHA, rng)),
        ("50 devices, Dirichlet 0.3", dirichlet(images.y, 50, ALPHA, rng)),
    ):
        exact = in_fractions(rates, weights, parts, Fraction(1, 2))
        real = in_reals(rates, weights, parts, 0.5)
        whole = in_integers(chain(SEED), images, parts)
        rows.append(
            (
                name,
                f"{exact.largest:g}",
                f"{real.largest:.1e}",
                f"{whole.largest:.0f}",
                f"{100 * whole.differing:.1f}",
            )
        )
    return Table(
        "One local step on full batches against one step of centralized gradient descent",
        (
            "devices",
            "smooth network, exact fractions",
            "smooth network, doubles",
            "SLAYER devices, master units",
            "weights that differ, %",
        ),
        tuple(rows),
        (
            "Each column but the last is the largest distance of a weight.",
            "A master unit is 2^-16 of a chip unit; the bound is one of them.",
        ),
    )


def _expected(tell: Callable[[str], None]) -> list[Table]:
    images = digits("device")
    rates = _rates(images, HIDDEN)
    weights, everything = rates.start(np.random.default_rng(SEED)), np.arange(len(images))
    for _ in range(20):
        weights = weights - 0.5 * rates.gradient(weights, everything)
    rng = np.random.default_rng(SEED)
    unequal = dirichlet(images.y, DEVICES, ALPHA, rng, minimum=10)
    equal = [part[:EQUAL] for part in dominant(images.y, DEVICES, 0.55, rng)]
    found = {}
    for name, measure in _smooth(rates, weights, unequal, equal).items():
        tell(name)
        found[name] = measure(_grid(SMOOTH_RATES if name.endswith("full batches") else BATCH_RATES, 1))
    tell("SLAYER devices")
    program = trained(chain(SEED), 40)
    found["SLAYER devices, full batches"] = slayer(program, images, unequal, _grid(SLAYER_RATES, 2))
    return [_table(found)]


def _grid(rates: Sequence[float], middle: int) -> list[tuple[int, float]]:
    """Return epochs with rates: eight epochs at every rate, then other epochs at one of them."""
    return [*((8, rate) for rate in rates), *((epochs, rates[middle]) for epochs in EPOCHS)]


def _smooth(
    rates: Rates, weights: Reals, unequal: Parts, equal: Parts
) -> dict[str, Callable[[Sequence[tuple[int, float]]], list[Point]]]:
    """Return what is measured on the smooth network, by name."""
    return {
        "smooth network, full batches": lambda grid: full_batches(rates, weights, unequal, grid),
        "smooth network, batches of 32, devices of equal size": lambda grid: small_batches(
            rates, weights, equal, grid, BATCH, SEED
        ),
        "smooth network, batches of 32, unequal sizes": lambda grid: small_batches(
            rates, weights, unequal, grid, BATCH, SEED
        ),
        "the same, each gradient times the device's own steps": lambda grid: small_batches(
            rates, weights, unequal, grid, BATCH, SEED, counted=True
        ),
    }


def _table(found: dict[str, list[Point]]) -> Table:
    rows = []
    for name, points in found.items():
        by_rate = points[: len(SMOOTH_RATES)]
        by_epochs = points[len(SMOOTH_RATES) :]
        rows.append(
            (
                name,
                " ".join(f"{point.rate:g}: {100 * point.error:.2f}" for point in by_rate),
                _fitted([(point.rate, point.error) for point in by_rate]),
                f"{by_epochs[0].rate:g}",
                " ".join(f"{point.epochs}: {100 * point.error:.2f}" for point in by_epochs),
                _fitted([(point.steps - 1, point.error) for point in by_epochs]),
            )
        )
    return Table(
        "Distance of the expected update from -E eta sum p_k grad F_k, in % of its length",
        ("", "eta: error, E = 8", "exponent of eta", "at eta", "E: error", "exponent of steps - 1"),
        tuple(rows),
        (
            f"Exponents are of straight lines through errors below {100 * FITTED:.0f} %, on logarithmic axes; a "
            "dash where fewer than two are.",
            "E counts passes through a device's data, each of one step or of several small batches; the number of "
            "steps that the claim knows is their mean over the devices.",
        ),
    )


def _fitted(points: Sequence[tuple[float, float]]) -> str:
    low = [(x, y) for x, y in points if 0 < y < FITTED]
    return f"{slope(*zip(*low, strict=True)):.2f}" if len(low) > 1 else "-"


def _rates(images: Images, hidden: int) -> Rates:
    flat = images.pixels.reshape(len(images), -1) / float(images.white)
    return Rates(np.concatenate([flat, np.ones((len(flat), 1))], axis=1), images.y, hidden, CLASSES)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks first_order", description="Compare federated rounds with gradient descent."
    )
    parser.add_argument("--page", action="store_true", help="write the results into docs/theory.md")
    return parser
