"""Spike for spike comparison of two runs: the heart of every parity certificate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError


@dataclass(frozen=True)
class Divergence:
    """The first place where two traces differ, in the order of samples, then steps, then units.

    Attributes
    ----------
    sample, step, unit : int
        Where, each from 0.
    expected, found : int
        The reference's value and the other's.
    total : int
        How many values differ in the whole trace.
    """

    sample: int
    step: int
    unit: int
    expected: int
    found: int
    total: int


@dataclass(frozen=True)
class LayerParity:
    """Whether two backends agree on one layer.

    Attributes
    ----------
    layer : str
        The layer.
    samples, steps, units : int
        Size of the trace that was compared.
    first : Divergence or None
        The first difference; ``None`` where every value is equal.
    digest, other_digest : str
        SHA-256 of each trace, 64 hexadecimal digits.
    """

    layer: str
    samples: int
    steps: int
    units: int
    first: Divergence | None
    digest: str
    other_digest: str

    @property
    def equal(self) -> bool:
        """Whether every value of the layer is equal."""
        return self.first is None


def compare(reference: Mapping[str, NDArray[Any]], other: Mapping[str, NDArray[Any]]) -> tuple[LayerParity, ...]:
    """Compare two runs layer by layer.

    Parameters
    ----------
    reference, other : mapping of str to integer array, shape (samples, steps, units)
        Traces by layer; both must hold the same layers.

    Raises
    ------
    LavaFedError
        Where layers or shapes differ, so that the traces cannot be compared at all.

    Examples
    --------
    >>> a = np.zeros((1, 3, 2), np.uint8)
    >>> b = a.copy()
    >>> b[0, 2, 1] = 1
    >>> compare({"hidden": a}, {"hidden": b})[0].first
    Divergence(sample=0, step=2, unit=1, expected=0, found=1, total=1)
    """
    if set(reference) != set(other):
        raise LavaFedError(f"cannot compare layers {sorted(reference)} with {sorted(other)}")
    return tuple(_compare_layer(layer, reference[layer], other[layer]) for layer in reference)


def _compare_layer(layer: str, expected: NDArray[Any], found: NDArray[Any]) -> LayerParity:
    if expected.shape != found.shape or expected.ndim != 3:
        raise LavaFedError(f"layer {layer!r}: cannot compare traces of shape {expected.shape} and {found.shape}")
    differences = np.argwhere(expected != found)
    first = None
    if len(differences):
        sample, step, unit = (int(index) for index in differences[0])
        first = Divergence(
            sample,
            step,
            unit,
            int(expected[sample, step, unit]),
            int(found[sample, step, unit]),
            len(differences),
        )
    samples, steps, units = expected.shape
    return LayerParity(layer, samples, steps, units, first, trace_digest(expected), trace_digest(found))


def trace_digest(trace: NDArray[Any]) -> str:
    """SHA-256 of a trace's shape and values, whatever integer type holds them."""
    shape = np.array(trace.shape, "<i8").tobytes()
    return hashlib.sha256(shape + trace.astype("<i4").tobytes()).hexdigest()
