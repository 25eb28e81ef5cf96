"""Comparison of traces value by value, and the certificate that comes of it."""

from __future__ import annotations

import dataclasses
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


@dataclass(frozen=True)
class Comparison:
    """What came of comparing the reference with one other run.

    Attributes
    ----------
    against : str
        The other.
    layers, states : tuple of LayerParity
        Messages of each layer, and states where both sides show them.
    refused : str
        Why nothing was compared; empty where something was.
    notes : tuple of str
        Known disagreements of the two, and what else a reader must know.
    """

    against: str
    layers: tuple[LayerParity, ...] = ()
    states: tuple[LayerParity, ...] = ()
    refused: str = ""
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool | None:
        """Whether every value is equal; ``None`` where nothing was compared."""
        return None if self.refused else all(trace.equal for trace in (*self.layers, *self.states))

    def document(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {
            "equal": self.equal,
            "layers": [_document(trace) for trace in self.layers],
            "states": [_document(trace) for trace in self.states],
            "refused": self.refused or None,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Certificate:
    """What was run on what, where, and whether all agreed.

    Attributes
    ----------
    program : str
        Digest of the Program.
    provenance : mapping of str to str
        Where the Program came from; with the SHA-256 of its model where it had a file.
    data : str
        Digest of the input.
    samples, steps : int
        Size of the input.
    reference : str
        What the others were compared with.
    versions : mapping of str to str
        Packages that took part.
    comparisons : tuple of Comparison
        One for each other.
    accuracy : mapping of str to float, or None
        Share of samples labelled rightly, 0..1; ``None`` without labels.
    """

    program: str
    provenance: Mapping[str, str]
    data: str
    samples: int
    steps: int
    reference: str
    versions: Mapping[str, str]
    comparisons: tuple[Comparison, ...]
    accuracy: Mapping[str, float] | None = None

    @property
    def different(self) -> tuple[str, ...]:
        """Names of those that differ from the reference."""
        return tuple(each.against for each in self.comparisons if each.equal is False)

    @property
    def equal(self) -> bool:
        """Whether something was compared, and nothing differs."""
        return not self.different and any(each.equal for each in self.comparisons)

    def document(self) -> dict[str, Any]:
        """Return it as data for JSON."""
        return {
            "equal": self.equal,
            "program": self.program,
            "model": self.provenance.get("model"),
            "model_sha256": self.provenance.get("model_sha256"),
            "input": self.data,
            "samples": self.samples,
            "steps": self.steps,
            "reference": self.reference,
            "versions": dict(self.versions),
            "accuracy": None if self.accuracy is None else dict(self.accuracy),
            "against": {each.against: each.document() for each in self.comparisons},
        }


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
    return tuple(compare_trace(layer, reference[layer], other[layer]) for layer in reference)


def compare_trace(layer: str, expected: NDArray[Any], found: NDArray[Any], *, lag: int = 0) -> LayerParity:
    """Compare two traces of one layer.

    Parameters
    ----------
    layer : str
        Its name.
    expected, found : integer arrays, shape (samples, steps, units)
        The reference's trace and the other's.
    lag : int
        Step k of the reference is compared with step k + lag of the other; steps that either lacks are left out.

    Raises
    ------
    LavaFedError
        Where the traces cannot be compared at all.
    """
    fits = expected.ndim == found.ndim == 3 and expected.shape[::2] == found.shape[::2]
    if not fits or (lag == 0 and expected.shape != found.shape):
        raise LavaFedError(f"layer {layer!r}: cannot compare traces of shape {expected.shape} and {found.shape}")
    begin, end = max(0, -lag), min(expected.shape[1], found.shape[1] - lag)
    if begin >= end:
        raise LavaFedError(
            f"layer {layer!r}: with a lag of {lag}, traces of {expected.shape[1]} and {found.shape[1]} steps have "
            "no step in common"
        )
    expected, found = expected[:, begin:end], found[:, begin + lag : end + lag]
    differences = np.argwhere(expected != found)
    first = None
    if len(differences):
        sample, step, unit = (int(index) for index in differences[0])
        values = int(expected[sample, step, unit]), int(found[sample, step, unit])
        first = Divergence(sample, step + begin, unit, *values, len(differences))
    samples, steps, units = expected.shape
    return LayerParity(layer, samples, steps, units, first, trace_digest(expected), trace_digest(found))


def trace_digest(trace: NDArray[Any]) -> str:
    """SHA-256 of a trace's shape and values, whatever integer type holds them."""
    shape = np.array(trace.shape, "<i8").tobytes()
    return hashlib.sha256(shape + trace.astype("<i4").tobytes()).hexdigest()


def _document(trace: LayerParity) -> dict[str, Any]:
    return {**dataclasses.asdict(trace), "values": trace.values, "equal": trace.equal}
