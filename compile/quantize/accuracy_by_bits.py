"""What each weight bit is worth: accuracy, saturations and error of a model for several widths."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.graph import Graph
from compile.quantize.post_training import DEFAULT, quantize_post_training
from compile.quantize.saturation import SaturationCounts
from compile.quantize.scheme import Scheme
from hardware.chip import widths
from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain

EVERY_WIDTH = tuple(range(widths.WEIGHT_BITS, 0, -1))


@dataclass(frozen=True)
class WidthRow:
    """One width.

    Attributes
    ----------
    bits : int
        Weight bits.
    accuracy : float
        Share of samples whose label has the highest score, 0..1; among equals the lowest index wins.
    error : float
        Mean squared error of the weights over all layers, in the unit of the real weights.
    counts : SaturationCounts
        Of all layers.
    """

    bits: int
    accuracy: float
    error: float
    counts: SaturationCounts

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return dataclasses.asdict(self)


def accuracy_by_bits(
    graph: Graph,
    samples: SpikeTrain,
    labels: NDArray[np.integer[Any]],
    scheme: Scheme = DEFAULT,
    bits: Iterable[int] = EVERY_WIDTH,
) -> tuple[WidthRow, ...]:
    """Quantize a graph for several widths and try each on labelled samples.

    Parameters
    ----------
    graph : Graph
        As for ``quantize_post_training``.
    samples : SpikeTrain
        Calibration samples.
    labels : integer array, shape (samples,)
        The output unit that should win.
    scheme : Scheme
        Options beside the bits.
    bits : iterable of int
        Widths, in the order of the rows.

    Raises
    ------
    LavaFedError
        Where the labels do not fit samples or output.
    """
    units = graph.populations[-1].units
    labels = np.asarray(labels)
    if labels.shape != (samples.samples,) or labels.dtype.kind not in "iu":
        raise LavaFedError(
            f"expected {samples.samples} integer labels to calibrate with, found {labels.dtype}{labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= units:
        raise LavaFedError(f"labels {labels.min()}..{labels.max()} do not fit the {units} units of the output")
    rows = []
    for width in bits:
        _, report = quantize_post_training(graph, samples, dataclasses.replace(scheme, bits=width))
        rows.append(
            WidthRow(
                bits=width,
                accuracy=float(np.mean(report.scores.argmax(axis=1) == labels)),
                error=report.error,
                counts=report.counts,
            )
        )
    return tuple(rows)
