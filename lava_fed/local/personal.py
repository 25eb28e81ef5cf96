"""Layers that learn on a device and never leave it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERSONAL = "personal/"
"""What the names of personal weights begin with in what a trainer remembers."""


def remembered(weights: Mapping[str, NDArray[Any]], names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Return the personal ones of a device's weights, as its trainer remembers them."""
    return {PERSONAL + name: weights[name] for name in names}


def recalled(memory: Mapping[str, NDArray[Any]], names: Collection[str]) -> dict[str, NDArray[np.int16]]:
    """Return personal weights as a trainer remembered them; those that it did not are left out."""
    return {name: memory[PERSONAL + name] for name in names if PERSONAL + name in memory}
