"""The only crossing from real numbers to the chip's integers.

Exact or refused: a graph whose numbers lie on the chip's grids (what SLAYER's quantization-aware training
exports) becomes the same numbers as integers; anything else is an error that names layer, count and worst
value. Nothing is rounded, clipped or truncated.

================ ================================== ==========================
real             integer                            grid
================ ================================== ==========================
weight w         64 w                               even, -256..254
threshold        64 threshold                       0..131071
decay d          4096 d                             0..4096
bias b           64 b, with exponent 6              -4096..4095
================ ================================== ==========================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compile.graph import CubaPopulation, Flatten, Graph
from hardware import chip
from hardware.errors import NetworkError
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid

SCALE = 1 << chip.ALIGN_SHIFT
"""Real 1.0 is integer 64, in SLAYER's ``w_scale`` and in the chip's alignment alike."""
GRID = WeightGrid(SignMode.MIXED, chip.WEIGHT_BITS)
"""SLAYER trains every weight on the mixed-sign 8-bit grid, whatever signs it ends up with."""
REMEDY = "train it quantization aware and export it again (lava-fed train); it is not rounded silently"


def quantize(graph: Graph) -> Network:
    """Turn a graph into an integer network.

    Parameters
    ----------
    graph : Graph
        Without flattens, its source called ``input`` (``compile.transforms`` sees to both).

    Returns
    -------
    Network
        Layers and connections in the graph's order and under its names.

    Raises
    ------
    NetworkError
        Where a number is not on its grid; the message names the layer, how many, the worst and the remedy.
    """
    if flatten := next((node for node in graph.nodes if isinstance(node, Flatten)), None):
        raise NetworkError(f"node {flatten.name!r} is a flatten; fold it before quantizing")
    if graph.source.name != INPUT:
        raise NetworkError(f"the source is called {graph.source.name!r}; name it {INPUT!r} before quantizing")
    connections = []
    for edge in graph.edges:
        if edge.weights is None:
            raise NetworkError(f"edge {edge.name} has no weights to quantize")
        weights = _on_grid(edge.weights, SCALE, GRID.low, GRID.high, GRID.step, f"layer {edge.target!r}", "weight")
        connections.append(Connection(edge.source, edge.target, Dense(weights.astype(np.int16), grid=GRID)))
    return Network(
        inputs=graph.source.units,
        layers=tuple(Layer(population.name, _neuron(population)) for population in graph.populations),
        connections=tuple(connections),
    )


def _neuron(population: CubaPopulation) -> Cuba:
    where, bias_limit = f"layer {population.name!r}", chip.BIAS_MANTISSA_LIMIT

    def scalar(value: float, scale: int, high: int, what: str) -> int:
        return int(_on_grid(np.array([value]), scale, 0, high, 1, where, what)[0])

    return Cuba(
        current_decay=scalar(population.current_decay, chip.DECAY_UNITY, chip.DECAY_UNITY, "current decay"),
        voltage_decay=scalar(population.voltage_decay, chip.DECAY_UNITY, chip.DECAY_UNITY, "voltage decay"),
        threshold=scalar(population.threshold, SCALE, chip.THRESHOLD_MANTISSA_MAX, "threshold"),
        bias_mantissa=_on_grid(population.bias, SCALE, -bias_limit, bias_limit - 1, 1, where, "bias").astype(
            np.int16
        ),
        bias_exponent=chip.ALIGN_SHIFT,
    )


def _on_grid(
    values: NDArray[np.float64], scale: int, low: int, high: int, step: int, where: str, what: str
) -> NDArray[np.int64]:
    """Return ``values * scale`` as integers, all of them in ``low..high`` and multiples of ``step``."""
    scaled = values * scale
    nearest = np.clip(np.rint(scaled / step) * step, low, high)
    distance = np.abs(scaled - nearest)
    if wrong := int(np.count_nonzero(distance)):
        worst = float(scaled.flat[int(distance.argmax())])
        steps = f" in steps of {step}" if step > 1 else ""
        raise NetworkError(
            f"{where}: {wrong} of {values.size} {what} values are not integers in {low}..{high}{steps}; "
            f"the worst is {worst:g} (real {worst / scale:g}); {REMEDY}"
        )
    whole: NDArray[np.int64] = nearest.astype(np.int64)
    return whole
