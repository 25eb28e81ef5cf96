"""Post-training quantization: a float model is rounded onto the chip's grids, and what that costs is counted.

The graph is scaled and rounded so that exact quantization keeps it; the integers come from there. Deterministic.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.graph import Edge, Graph
from compile.neurons import DeltaModel, RelayModel, SigmaModel
from compile.nodes import Population
from compile.quantize.exact import check_lowered, quantize
from compile.quantize.fit import Reading
from compile.quantize.messages import weight_scale
from compile.quantize.rounding import rounded
from compile.quantize.saturation import Observation, SaturationCounts, observe
from compile.quantize.scales import Freedom, Scales, choose
from compile.quantize.scheme import Scheme
from compile.quantize.weights import FORMATS, WeightFormat
from hardware.network import Network
from hardware.spikes import SpikeTrain

ROUNDS = 6
"""Most attempts to keep the states of calibration samples in range; each halves a layer's factors."""
DEFAULT = Scheme()


@dataclass(frozen=True)
class QuantizedLayer:
    """What was done to one layer.

    Attributes
    ----------
    name : str
        The layer.
    factors : str
        What it could choose from.
    lowest, highest : float
        Of the factors that weights, threshold and bias were scaled by.
    bits, exponents : tuple of int
        Of each incoming connection.
    weights : int
        Number of its weights.
    error : float
        Mean squared error of its weights, in the unit of the real weights.
    relative : float
        Root of that over the root of the weights' mean square; 0 keeps all, 1 loses as much as there is.
    counts : SaturationCounts
        What met its limit; states only where there are calibration samples.
    """

    name: str
    factors: str
    lowest: float
    highest: float
    bits: tuple[int, ...]
    exponents: tuple[int, ...]
    weights: int
    error: float
    relative: float
    counts: SaturationCounts

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class QuantizationReport:
    """What was done to a model.

    Attributes
    ----------
    scheme : Scheme
        The options.
    layers : tuple of QuantizedLayer
        In the graph's order.
    observation : Observation or None
        What the calibration samples did in the end.
    """

    scheme: Scheme
    layers: tuple[QuantizedLayer, ...]
    observation: Observation | None = None

    @property
    def counts(self) -> SaturationCounts:
        """Of all layers."""
        return sum((layer.counts for layer in self.layers), SaturationCounts())

    @property
    def error(self) -> float:
        """Mean squared error of all weights."""
        weights = sum(layer.weights for layer in self.layers)
        return sum(layer.error * layer.weights for layer in self.layers) / max(weights, 1)

    @property
    def scores(self) -> NDArray[np.int64]:
        """Of the output layer on the calibration samples, shape (samples, units); none without such samples."""
        return np.zeros((0, 0), np.int64) if self.observation is None else self.observation.scores

    def as_json(self) -> dict[str, Any]:
        """Return scheme and layers as JSON values."""
        return {"scheme": self.scheme.words, "layers": [layer.as_json() for layer in self.layers]}


@dataclass(frozen=True, eq=False)
class _Attempt:
    graph: Graph
    formats: Mapping[str, WeightFormat]
    scales: tuple[Scales, ...]
    clipped: tuple[int, ...]


def quantize_post_training(
    graph: Graph, calibration: SpikeTrain | None = None, scheme: Scheme = DEFAULT
) -> tuple[Network, QuantizationReport]:
    """Round a graph onto the chip's grids.

    Parameters
    ----------
    graph : Graph
        As for ``quantize``; its numbers may be any.
    calibration : SpikeTrain, optional
        Typical input. Layers whose states leave their range on it are scaled down, by halves; the largest
        messages on it say how fine the weights of graded layers may be.
    scheme : Scheme
        Bits, methods and signs.

    Returns
    -------
    network : Network
        Integers.
    report : QuantizationReport
        Factors, exponents, errors and saturations of each layer.

    Raises
    ------
    NetworkError
        Where something cannot be rounded, such as a sign that the scheme forbids; names the layer.
    """
    check_lowered(graph)
    halvings = dict.fromkeys((population.name for population in graph.populations), 0)
    heard: Mapping[str, int] | None = None
    for round_ in range(ROUNDS + 1):
        attempt = _attempt(graph, scheme, halvings, heard)
        network = quantize(attempt.graph, attempt.formats)
        if calibration is None:
            return network, _report(scheme, attempt, None)
        seen = observe(network, calibration)
        loud = [
            population.name
            for population, scales in zip(graph.populations, attempt.scales, strict=True)
            if scales.freedom is not Freedom.NONE and seen.counts[population.name].total
        ]
        settled = not loud and (round_ > 0 or all(s.freedom is not Freedom.NONE for s in attempt.scales))
        if settled or round_ == ROUNDS:
            break
        halvings |= {name: halvings[name] + 1 for name in loud}
        heard = seen.messages
    return network, _report(scheme, attempt, seen)


def _attempt(
    graph: Graph, scheme: Scheme, halvings: Mapping[str, int], heard: Mapping[str, int] | None
) -> _Attempt:
    edges: dict[str, Edge] = {}
    formats: dict[str, WeightFormat] = {}
    used: dict[str, float] = {}
    nodes: dict[str, Population] = {}
    every_scales, every_clipped = [], []
    for population in graph.populations:
        scales = choose(graph, population, scheme, halvings[population.name], heard)
        model, clipped = rounded(population.model, scales.factors[scales.grouping.of_unit])
        nodes[population.name] = dataclasses.replace(population, model=model)
        for reading, exponent in zip(scales.readings, scales.exponents, strict=True):
            if _stays(reading, population):
                continue
            real = np.ldexp(reading.stored(scales.factors, exponent), exponent) / reading.scale
            edge = reading.edge
            edges[edge.name] = dataclasses.replace(
                edge, weights=dataclasses.replace(reading.weights, weights=real)
            )
            formats[edge.name] = WeightFormat(reading.grid, exponent)
            used[edge.name] = reading.scale
        every_scales.append(scales)
        every_clipped.append(clipped)
    rewritten = Graph(
        tuple(nodes.get(node.name, node) for node in graph.nodes),
        tuple(edges.get(edge.name, edge) for edge in graph.edges),
    )
    kept = {
        name: form for name, form in formats.items() if weight_scale(rewritten, edges[name])[0] == used[name]
    }  # one-to-one weights that became whole numbers lead into encoders and sums at another scale
    return _Attempt(rewritten, kept, tuple(every_scales), tuple(every_clipped))


def _stays(reading: Reading, population: Population) -> bool:
    """Say whether an edge is wiring into units of a given scale (encoders, sums, relays) that fits as it is."""
    given = isinstance(population.model, DeltaModel | SigmaModel | RelayModel)
    return reading.is_wiring and given and any(form.holds(reading.scaled) for form in FORMATS)


def _report(scheme: Scheme, attempt: _Attempt, seen: Observation | None) -> QuantizationReport:
    rows = []
    for population, scales, clipped in zip(
        attempt.graph.populations, attempt.scales, attempt.clipped, strict=True
    ):
        pairs = [
            (reading, exponent)
            for reading, exponent in zip(scales.readings, scales.exponents, strict=True)
            if not _stays(reading, population)
        ]
        states = SaturationCounts() if seen is None else seen.counts[population.name]
        weights = sum(reading.clipped(scales.factors, exponent) for reading, exponent in pairs)
        errors = [reading.error(scales.factors, exponent).ravel() for reading, exponent in pairs]
        error = float(np.concatenate(errors).mean()) if errors else 0.0
        squares = [reading.weights.weights.ravel() ** 2 for reading, _ in pairs]
        power = float(np.concatenate(squares).mean()) if squares else 0.0
        rows.append(
            QuantizedLayer(
                name=population.name,
                factors=scales.freedom.value,
                lowest=float(scales.factors.min()),
                highest=float(scales.factors.max()),
                bits=tuple(reading.grid.bits for reading, _ in pairs),
                exponents=tuple(exponent for _, exponent in pairs),
                weights=sum(error.size for error in errors),
                error=error,
                relative=float(np.sqrt(error / power)) if power else 0.0,
                counts=states + SaturationCounts(weights, clipped),
            )
        )
    return QuantizationReport(scheme, tuple(rows), seen)
