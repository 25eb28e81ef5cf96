"""Comparison of traces value by value."""

from __future__ import annotations

import hashlib
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
        Where, each from 0; the step is the reference's.
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
    """Whether two runs agree on one trace.

    Attributes
    ----------
    layer : str
        The layer, or ``"<layer>.<state>"``.
    samples, steps, units : int
        Size of the part that was compared.
    first : Divergence or None
        The first difference; ``None`` where every value is equal.
    digest, other_digest : str
        SHA-256 of that part of each trace, 64 hexadecimal digits.
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
        """Whether every value of the trace is equal."""
        return self.first is None

    @property
    def values(self) -> int:
        """How many values were compared."""
        return self.samples * self.steps * self.units


class TraceComparison:
    """Compares two traces of one layer part by part; what comes of it does not depend on the parts.

    Parameters
    ----------
    layer : str
        Its name.
    expected, found : (int, int, int)
        Samples, steps and units of the reference's whole trace and of the other's.
    lag : int
        Step k of the reference is compared with step k + lag of the other; steps that either lacks are left out.

    Raises
    ------
    LavaFedError
        Where the traces cannot be compared at all.
    """

    def __init__(self, layer: str, expected: tuple[int, ...], found: tuple[int, ...], *, lag: int = 0) -> None:
        fits = len(expected) == len(found) == 3 and expected[::2] == found[::2]
        if not fits or (lag == 0 and expected != found):
            raise LavaFedError(f"layer {layer!r}: cannot compare traces of shape {expected} and {found}")
        self._begin, self._end = max(0, -lag), min(expected[1], found[1] - lag)
        if self._begin >= self._end:
            raise LavaFedError(
                f"layer {layer!r}: with a lag of {lag}, traces of {expected[1]} and {found[1]} steps have no step "
                "in common"
            )
        self._layer, self._lag, self._each = layer, lag, (expected[1:], found[1:])
        self._shape = (expected[0], self._end - self._begin, expected[2])
        self._digests = [_begun(self._shape), _begun(self._shape)]
        self._samples, self._total = 0, 0
        self._first: tuple[int, int, int, int, int] | None = None

    def add(self, expected: NDArray[Any], found: NDArray[Any]) -> None:
        """Go on with the next samples.

        Parameters
        ----------
        expected, found : arrays of whole numbers, shape (samples of the part, steps, units)
            The reference's trace and the other's.

        Raises
        ------
        LavaFedError
            Where a part does not have the shape that was announced.
        """
        if (expected.shape[1:], found.shape[1:]) != self._each or len(expected) != len(found):
            raise LavaFedError(
                f"layer {self._layer!r}: cannot compare traces of shape {expected.shape} and {found.shape}"
            )
        expected = expected[:, self._begin : self._end]
        found = found[:, self._begin + self._lag : self._end + self._lag]
        differs = expected != found
        if self._first is None and differs.any():
            sample, step, unit = (int(index) for index in np.unravel_index(int(differs.argmax()), differs.shape))
            values = int(expected[sample, step, unit]), int(found[sample, step, unit])
            self._first = (sample + self._samples, step + self._begin, unit, *values)
        self._total += int(np.count_nonzero(differs))
        self._samples += len(expected)
        for digest, values_of in zip(self._digests, (expected, found), strict=True):
            digest.update(np.ascontiguousarray(values_of, "<i4").data)

    @property
    def result(self) -> LayerParity:
        """What came of it.

        Raises
        ------
        LavaFedError
            Where not all samples have been added, or more.
        """
        if self._samples != self._shape[0]:
            raise LavaFedError(
                f"layer {self._layer!r}: {self._samples} of {self._shape[0]} samples were compared; add them all"
            )
        first = None if self._first is None else Divergence(*self._first, total=self._total)
        digests = (digest.hexdigest() for digest in self._digests)
        return LayerParity(self._layer, *self._shape, first, *digests)


def compare_trace(layer: str, expected: NDArray[Any], found: NDArray[Any], *, lag: int = 0) -> LayerParity:
    """Compare two whole traces of one layer; see ``TraceComparison``.

    Parameters
    ----------
    layer : str
        Its name.
    expected, found : integer arrays, shape (samples, steps, units)
        The reference's trace and the other's.
    lag : int
        Step k of the reference is compared with step k + lag of the other.

    Raises
    ------
    LavaFedError
        Where the traces cannot be compared at all.

    Examples
    --------
    >>> a = np.zeros((1, 3, 2), np.uint8)
    >>> b = a.copy()
    >>> b[0, 2, 1] = 1
    >>> compare_trace("hidden", a, b).first
    Divergence(sample=0, step=2, unit=1, expected=0, found=1, total=1)
    """
    comparison = TraceComparison(layer, expected.shape, found.shape, lag=lag)
    comparison.add(expected, found)
    return comparison.result


def _begun(shape: tuple[int, ...]) -> hashlib._Hash:
    return hashlib.sha256(np.array(shape, "<i8").tobytes())
