"""How unlike the devices of each partition are.

python -m benchmarks partitions [--data FOLDER] [--page]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.child import ROOT
from benchmarks.section import markdown, replace_results
from benchmarks.table import Table
from benchmarks.theory.show import show
from hardware.errors import LavaFedError
from lava_fed.config.devices import DevicesConfig
from lava_fed.data import registry
from lava_fed.data.images import Images
from lava_fed.partition.deal import deal
from lava_fed.partition.heterogeneity import Heterogeneity

PAGE = ROOT / "docs" / "data.md"
DEVICES, SEEDS = 10, 10
SETTINGS: tuple[tuple[str, DevicesConfig], ...] = (
    ("iid", DevicesConfig(DEVICES, "iid")),
    *(
        (f"dirichlet, alpha {alpha:g}", DevicesConfig(DEVICES, "dirichlet", alpha))
        for alpha in (10.0, 1.0, 0.5, 0.3)
    ),
    ("dirichlet, alpha 0.1", DevicesConfig(DEVICES, "dirichlet", 0.1, minimum=1)),
    ("classes, 5", DevicesConfig(DEVICES, "classes", classes=5)),
    ("classes, 2", DevicesConfig(DEVICES, "classes", classes=2)),
    ("classes, 1", DevicesConfig(DEVICES, "classes", classes=1)),
    ("dominant, share 0.55", DevicesConfig(DEVICES, "dominant", share=0.55)),
    ("quantity, alpha 1", DevicesConfig(DEVICES, "quantity", 1.0)),
    ("quantity, alpha 0.3", DevicesConfig(DEVICES, "quantity", 0.3)),
)


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 where something can be corrected."""
    options = _parser().parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    try:
        if options.data is None:
            labels, what = registry.images("digits", "device", 1).y, "the 1,137 digits of the devices"
        else:
            samples = Images.read(options.data, "train")
            labels, what = samples.y, f"the {len(samples):,} training images of {options.data.name}"
        table = measured(labels, what)
        if options.page:
            replace_results("partitions", markdown(table), PAGE)
    except LavaFedError as error:
        errors.print(f"Error: {error}", markup=False, highlight=False)
        return 2
    show([table], console)
    return 0


def measured(labels: NDArray[np.int32], what: str) -> Table:
    """Measure every partition of ``SETTINGS``, means over seeds."""
    rows = []
    for name, config in SETTINGS:
        counts = [_counts(labels, config, seed) for seed in range(SEEDS)]
        found = [Heterogeneity.of(each) for each in counts]
        sizes = np.stack([each.sum(axis=1) for each in counts])
        rows.append(
            (
                name,
                f"{np.mean([each.distance for each in found]):.2f}",
                f"{np.mean([each.divergence for each in found]):.2f}",
                f"{np.mean([(each > 0).sum(axis=1).mean() for each in counts]):.1f}",
                f"{np.mean([each.gini for each in found]):.2f}",
                f"{sizes.min(axis=1).mean():.0f} to {sizes.max(axis=1).mean():.0f}",
                f"{100 * sizes.sum(axis=1).mean() / len(labels):.0f}",
            )
        )
    return Table(
        f"Partitions of {what} among {DEVICES} devices, means of {SEEDS} seeds",
        (
            "partition",
            "distance of labels",
            "divergence, bits",
            "classes of a device",
            "Gini of sizes",
            "sizes",
            "used, %",
        ),
        tuple(rows),
    )


def _counts(labels: NDArray[np.int32], config: DevicesConfig, seed: int) -> NDArray[np.int64]:
    parts = deal(config, labels, None, np.random.default_rng(seed))
    return np.stack([np.bincount(labels[part], minlength=int(labels.max()) + 1) for part in parts.values()])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks partitions", description="Measure how unlike the devices of partitions are."
    )
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="of the MNIST family, in place of the digits")
    parser.add_argument("--page", action="store_true", help="write the results into docs/data.md")
    return parser
