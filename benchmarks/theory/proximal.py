"""FedProx's pull: how far it holds devices back, what it makes of the noise of unequal chips.

python -m benchmarks proximal [--page]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from rich.console import Console

from benchmarks.section import write_tables
from benchmarks.table import Table
from benchmarks.theory import chips
from benchmarks.theory.chips import Scatter
from benchmarks.theory.problem import PAGE, chain, digits, on_chip, taught, trained
from benchmarks.theory.quadratic import fresh, lasting
from benchmarks.theory.show import show
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.data.images import Images
from lava_fed.mismatched import device_programs
from lava_fed.partition.dirichlet import dirichlet
from lava_fed.shared import Shared

SEED, DEVICES, ALPHA = 3, 6, 0.3
PROFILE = "mixed-signal"
SAMPLES = 400
"""Of each device, where all have the same."""
SHARES = tuple(part / 256 for part in (0, 8, 64, 128, 192, 240))
"""Parts of the way that a pull goes on the chip."""
MUS = (0.0, 3e-4, 1e-3, 4e-3, 8e-3, 1.6e-2)
SLAYER_RATE, SLAYER_STEPS = 50.0, 40
OFTEN = 20
"""Samples between two pulls."""
PASSES = 8


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    try:
        with errors.status("the parabola") as status:
            tables = [_parabola(), *_measured(status.update)]
        if options.page:
            write_tables("proximal", tables, PAGE)
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    show(tables, console)
    return 0


def _parabola() -> Table:
    rate, factor, rows = 0.01, 1.1, []
    for mu in (0.001, 0.01, 0.1, 1.0, 10.0, 100.0):
        cells = []
        for steps in (10, 10_000):
            for variance in (lasting, fresh):
                low, high = (variance(mu * by, 1.0, rate, steps) for by in (1 / factor, factor))
                none = variance(0.0, 1.0, rate, steps)
                exponent = math.log(high / low) / math.log(factor**2)
                cells.append(f"{variance(mu, 1.0, rate, steps) / none:.2g} ({exponent:.2f})")
        rows.append((f"{mu:g}", *cells))
    return Table(
        "Noise that is left on a parabola of curvature 1, rate 0.01, against mu = 0 (exponent of mu there)",
        ("mu", "lasting, 10 steps", "fresh, 10 steps", "lasting, 10,000 steps", "fresh, 10,000 steps"),
        tuple(rows),
        ("Lasting: the same in every step, as of a chip; fresh: drawn anew in every step, as of samples.",),
    )


def _measured(tell: Callable[[str], None]) -> list[Table]:
    images = digits("device")
    same, names = images.only(slice(SAMPLES)), [f"chip-{number}" for number in range(DEVICES)]
    parts = dirichlet(images.y, DEVICES, ALPHA, np.random.default_rng(SEED), minimum=60)
    own = {f"device-{number}": images.only(part) for number, part in enumerate(parts)}
    tell("SLAYER devices")
    found = []
    program = trained(chain(SEED), 40)
    shared = Shared.of(program, "all")
    unequal = device_programs(program, PROFILE, 1.0, names, SEED, shared.names)
    learn = chips.slayer(shared, SLAYER_RATE, SLAYER_STEPS)
    head = f"SLAYER devices, {SLAYER_STEPS} full batches of {SAMPLES} digits at rate {SLAYER_RATE:g}"
    found.append(_drift("SLAYER devices", chips.of_data(learn, program, own, MUS), _mu))
    found.append(_noise(f"{head}: unequal chips", chips.of_chips(learn, unequal, same, MUS), _mu))
    tell("on-chip devices")
    program = taught(on_chip(SEED), images, SEED)
    shared = Shared.of(program)
    unequal = device_programs(program, PROFILE, 1.0, names, SEED, shared.names)
    often, seldom = chips.on_chip(shared, OFTEN, 1), chips.on_chip(shared, SAMPLES, PASSES)
    found.insert(1, _drift("On-chip devices", chips.of_data(often, program, own, SHARES), _odds))
    for what, made in (
        (f"a pull every {OFTEN} samples, one pass: unequal chips", _chips(often, unequal, same)),
        (
            f"a pull every {OFTEN} samples, one pass: equal chips, other orders",
            chips.of_orders(often, program, same, DEVICES, SHARES),
        ),
        (f"a pull after each of {PASSES} passes: unequal chips", _chips(seldom, unequal, same)),
    ):
        tell(what)
        found.append(_noise(f"On-chip devices of {SAMPLES} digits, {what}", made, _odds))
    return found


def _chips(learn: chips.Learn, unequal: Mapping[str, Program], same: Images) -> list[Scatter]:
    return chips.of_chips(learn, unequal, same, SHARES)


def _drift(who: str, found: Sequence[Scatter], x: Callable[[float], float]) -> Table:
    lengths = [math.sqrt(each.length) for each in found]
    return Table(
        f"{who} of a Dirichlet {ALPHA} partition: drift from the global weights",
        ("strength", "odds" if x is _odds else "mu", "drift, chip units", "of that without", "exponent"),
        tuple(
            (
                f"{each.strength:.4g}",
                f"{x(each.strength):.3g}",
                f"{length:.2f}",
                f"{length / lengths[0]:.3f}",
                slope,
            )
            for each, length, slope in zip(found, lengths, _exponents(found, lengths, x), strict=True)
        ),
    )


def _noise(title: str, found: Sequence[Scatter], x: Callable[[float], float]) -> Table:
    variances = [each.variance for each in found]
    return Table(
        title,
        (
            "strength",
            "odds" if x is _odds else "mu",
            "variance",
            "of that without",
            "exponent",
            "variance / common",
        ),
        tuple(
            (
                f"{each.strength:.4g}",
                f"{x(each.strength):.3g}",
                f"{each.variance:.4g}",
                f"{each.variance / variances[0]:.2g}",
                slope,
                f"{each.variance / each.common:.3f}",
            )
            for each, slope in zip(found, _exponents(found, variances, x), strict=True)
        ),
    )


def _exponents(found: Sequence[Scatter], values: Sequence[float], x: Callable[[float], float]) -> list[str]:
    """Return the exponent between each strength and the one before, where both pull."""
    at = [x(each.strength) for each in found]
    return [
        "-"
        if not index or not at[index - 1]
        else _between(at[index - 1 : index + 1], values[index - 1 : index + 1])
        for index in range(len(found))
    ]


def _between(x: Sequence[float], y: Sequence[float]) -> str:
    return f"{math.log(y[1] / y[0]) / math.log(x[1] / x[0]):.2f}"


def _mu(strength: float) -> float:
    return strength


def _odds(share: float) -> float:
    """Return the way that a pull goes by the way that it leaves: rate times mu of an implicit step."""
    return share / (1 - share)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks proximal", description="Measure drift and noise under FedProx's pull."
    )
    parser.add_argument("--page", action="store_true", help="write the results into docs/theory.md")
    return parser
