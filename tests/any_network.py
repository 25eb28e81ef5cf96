"""Hypothesis strategies for networks that mix every kind of neuron and synapse."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.errors import NetworkError
from hardware.network import Connection, Layer
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import Neuron
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse
from tests.every_kind import network
from tests.programs import Case

Shape = tuple[int, int, int]
LOW, HIGH = -(2**31), 2**31 - 1
DECAYS = st.sampled_from([0, 1, 2048, 4095, 4096]) | st.integers(0, 4096)
THRESHOLDS = st.sampled_from([0, 1, 131071]) | st.integers(0, 200)
DRIVES = st.sampled_from([0, 2**23 - 1, 1 - 2**23]) | st.integers(-5000, 5000)
WORDS = st.sampled_from([0, 1, -1, LOW, HIGH]) | st.integers(-5000, 5000)
POSITIVE = st.sampled_from([0, 1, HIGH]) | st.integers(0, 5000)
EXPONENTS = st.integers(-8, 7)


@st.composite
def per_unit(draw: st.DrawFn, values: st.SearchStrategy[int], units: int) -> Any:
    """One value for all units, or one for each."""
    if draw(st.booleans()):
        return draw(values)
    return np.array(draw(st.lists(values, min_size=units, max_size=units)))


@st.composite
def adaptations(draw: st.DrawFn, units: int) -> Adaptation:
    """Any adaptation."""
    return Adaptation(draw(THRESHOLDS), draw(per_unit(DECAYS, units)), draw(per_unit(DECAYS, units)))


@st.composite
def neurons_of_any_kind(draw: st.DrawFn, units: int) -> Neuron:
    """Any neurons."""

    def each(values: st.SearchStrategy[int]) -> Any:
        return draw(per_unit(values, units))

    def integrators() -> Neuron:
        bias = np.array(draw(st.lists(st.integers(-4096, 4095), min_size=units, max_size=units)), np.int16)
        return Cuba(
            each(DECAYS),
            each(DECAYS),
            each(THRESHOLDS),
            bias,
            draw(st.integers(0, 7)),
            each(DRIVES),
            draw(st.sampled_from([1, 2, 63]) | st.integers(1, 6)),
            draw(st.sampled_from(Message)),
            draw(st.sampled_from(Reset)),
        )

    kinds = {
        "cuba": integrators,
        "alif": lambda: Alif(
            units,
            each(DECAYS),
            each(DECAYS),
            each(THRESHOLDS),
            draw(adaptations(units)),
            each(DRIVES),
            each(DRIVES),
            draw(st.booleans()),
        ),
        "resonator": lambda: Resonator(
            units,
            each(DECAYS),
            each(DECAYS),
            each(THRESHOLDS),
            draw(st.sampled_from(Firing)),
            draw(st.none() | adaptations(units)),
            each(DRIVES),
            each(DRIVES),
            draw(st.booleans()),
        ),
        "delta": lambda: Delta(
            units, each(POSITIVE), draw(st.integers(0, 24)), draw(st.integers(0, 24)), draw(st.booleans())
        ),
        "sigma-delta": lambda: SigmaDelta(
            units,
            each(POSITIVE),
            each(WORDS),
            draw(st.sampled_from(Activation)),
            draw(st.integers(0, 24)),
            draw(st.booleans()),
        ),
        "sigma": lambda: Sigma(units),
        "relay": lambda: Relay(units, draw(st.booleans())),
    }
    return kinds[draw(st.sampled_from(sorted(kinds)))]()


def _weights(draw: st.DrawFn, grid: WeightGrid, *shape: int) -> NDArray[np.int16]:
    count, size = (grid.high - grid.low) // grid.step, int(np.prod(shape))
    cells = draw(st.lists(st.integers(0, count), min_size=size, max_size=size))
    return (np.array(cells).reshape(shape) * grid.step + grid.low).astype(np.int16)


@st.composite
def synapses_of_any_kind(draw: st.DrawFn, target: Shape, source: Shape) -> Synapse:
    """Any synapses between two images; those of convolutions that do not fit become dense."""
    targets, sources = int(np.prod(target)), int(np.prod(source))
    grid, exponent = WeightGrid(draw(st.sampled_from(SignMode)), draw(st.integers(1, 8))), draw(EXPONENTS)
    kind = draw(st.sampled_from(["dense", "delayed", "sparse", "convolution", "transposed"]))
    if kind == "sparse":
        joined = draw(st.sets(st.integers(0, targets * sources - 1), min_size=1, max_size=12))
        source_of, target_of = np.divmod(np.array(sorted(joined)), targets)
        weights = _weights(draw, grid, len(joined))
        return Sparse(weights, target_of, source_of, (targets, sources), exponent, grid)
    if kind in ("convolution", "transposed"):
        groups = draw(st.sampled_from([g for g in (1, 2) if source[0] % g == target[0] % g == 0]))
        first, second = (source[0], target[0]) if kind == "transposed" else (target[0], source[0])
        rows, columns, *steps = (draw(st.integers(low, 3)) for low in (1, 1, 1, 1, 0, 0, 1, 1))
        weights = _weights(draw, grid, first, second // groups, rows, columns)
        pairs = tuple(steps[:2]), tuple(steps[2:4]), tuple(steps[4:])
        try:
            return Convolution(weights, source, target, *pairs, groups, kind == "transposed", exponent, grid)
        except NetworkError:
            pass
    delays = None
    if kind == "delayed":
        late = st.sampled_from([0, 1, 63]) | st.integers(0, 5)
        delays = np.array(draw(st.lists(late, min_size=targets * sources, max_size=targets * sources)))
        delays = delays.reshape(targets, sources)
    return Dense(_weights(draw, grid, targets, sources), exponent, grid, delays)


@st.composite
def cases_of_every_kind(draw: st.DrawFn) -> Case:
    """A random network of one to three layers of images, with loops, skips, ports and delays."""
    names = ["input", *"abc"[: draw(st.integers(1, 3))]]
    shapes = {name: (draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 2))) for name in names}
    layers, connections = [], []
    for position, name in enumerate(names[1:]):
        units = int(np.prod(shapes[name]))
        neuron = draw(neurons_of_any_kind(units))
        late = st.sampled_from([0, 1, 63]) | st.integers(0, 4)
        held = draw(st.none() | st.lists(late, min_size=units, max_size=units).map(np.array))
        layers.append(Layer(name, neuron, delays=held))
        sources = {names[position], *draw(st.sets(st.sampled_from(names), max_size=2))}
        for source in sorted(sources):
            port = draw(st.sampled_from(["", *neuron.ports[1:]]))
            synapse = draw(synapses_of_any_kind(shapes[name], shapes[source]))
            connections.append(Connection(source, name, synapse, port=port))
    graded = draw(st.booleans())
    return Case(
        "drawn",
        network(int(np.prod(shapes["input"])), layers, connections, graded=graded),
        samples=draw(st.integers(1, 2)),
        steps=draw(st.integers(1, 14)),
        density=draw(st.sampled_from([0.0, 0.2, 0.6, 1.0])),
        seed=draw(st.integers(0, 1000)),
        graded=draw(st.sampled_from([(-3, 3), (-5000, 5000), (LOW, HIGH)])) if graded else None,
    )
