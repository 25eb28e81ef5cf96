"""What a run was begun with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.coordinator.setup import Setup
from lava_fed.errors import RunError
from lava_fed.learning.samples import labels_of
from lava_fed.runs.run import SETUP

SAMPLES_KEPT = 10
"""Test samples kept for pictures: the first of each class, at most this many."""


def setup_content(setup: Setup, facts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays of a run's ``setup.h5``: facts, who has which samples, a few test samples."""
    _, firsts = np.unique(labels_of(setup.test), return_index=True)
    sample = setup.test.take(firsts[:SAMPLES_KEPT])
    arrays: dict[str, NDArray[Any]] = {f"samples/{name}": part for name, part in setup.parts.items()}
    arrays |= {"class_counts": setup.class_counts(), "example/x": sample.x.values, "example/y": sample.labels}
    header = {
        "facts": facts,
        "train": setup.train.title,
        "test": setup.test.title,
        "train_samples": len(setup.train),
        "test_samples": len(setup.test),
        "classes": sample.classes,
        "devices": list(setup.names),
    }
    return header, arrays


def check_same(stored: Any, wanted: dict[str, Any], out: Path) -> None:
    """Check that a run is gone on with as it was begun.

    Raises
    ------
    RunError
        Naming the first fact that is another one now.
    """
    if not isinstance(stored, dict):
        raise RunError(f"{out / SETUP} does not say what its run is; start anew in another directory")
    for key in sorted({*stored, *wanted}):
        before, now = stored.get(key, "not set"), wanted.get(key, "not set")
        if before != now:
            raise RunError(
                f"{out} was begun with another {key}: {before!s:.60} then, {now!s:.60} now; resume with the same, "
                "or start in another directory"
            )
