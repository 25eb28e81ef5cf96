"""The integer network: populations of neurons and the connections between them.

Every connection takes one time step, as in Lava: what a population sends in step t arrives in step t + 1.
So the order of layers does not matter, and a connection may lead anywhere, back to its own source too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from hardware import chip
from hardware.errors import NetworkError
from hardware.learning import LearningRule, Teacher
from hardware.spikes import frozen

INPUT = "input"
"""Name of the population that the host drives."""


class SignMode(Enum):
    """Signs that a connection's weights may have; a mixed-sign weight pays for the sign with its lowest bit."""

    MIXED = "mixed"
    EXCITATORY = "excitatory"
    INHIBITORY = "inhibitory"


@dataclass(frozen=True)
class WeightGrid:
    """The integers that a weight may be.

    Attributes
    ----------
    sign : SignMode
        Allowed signs.
    bits : int
        Weight bits 1..8; each bit less doubles the step.
    """

    sign: SignMode = SignMode.MIXED
    bits: int = chip.WEIGHT_BITS

    def __post_init__(self) -> None:
        """Check the bit width."""
        if not 1 <= self.bits <= chip.WEIGHT_BITS:
            raise NetworkError(f"weight bits {self.bits} must lie in 1..{chip.WEIGHT_BITS}")

    @property
    def step(self) -> int:
        """Distance between neighbouring weights, as ``lava.utils.weightutils.truncate_weights``."""
        return 1 << (chip.WEIGHT_BITS - self.bits + (self.sign is SignMode.MIXED))

    @property
    def low(self) -> int:
        """Lowest weight."""
        if self.sign is SignMode.EXCITATORY:
            return 0
        top = chip.WEIGHT_LIMIT if self.sign is SignMode.MIXED else chip.WEIGHT_LIMIT - self.step
        return -top

    @property
    def high(self) -> int:
        """Highest weight."""
        return 0 if self.sign is SignMode.INHIBITORY else chip.WEIGHT_LIMIT - self.step

    @property
    def learned_range(self) -> tuple[int, int]:
        """Lowest and highest value that learning can reach; learning moves in steps of one."""
        limit = chip.WEIGHT_LIMIT
        return {
            SignMode.MIXED: (-limit, limit - 1),
            SignMode.EXCITATORY: (0, limit - 1),
            SignMode.INHIBITORY: (1 - limit, 0),
        }[self.sign]


@dataclass(frozen=True, eq=False)
class Dense:
    """All-to-all synapses: ``a = scale(W @ s, exponent)``, as ``lava.proc.dense.models.PyDenseModelBitAcc``.

    Attributes
    ----------
    weights : int16 array, shape (targets, sources)
        On ``grid``; where the connection learns, any integer in ``grid.learned_range``.
    exponent : int
        Shared exponent -8..7 of the summed input.
    grid : WeightGrid
        Signs and bits.
    """

    weights: NDArray[np.int16]
    exponent: int = 0
    grid: WeightGrid = WeightGrid()

    def __post_init__(self) -> None:
        """Check type and shape, and freeze the array; the connection checks the values."""
        weights = np.asarray(self.weights)
        if weights.dtype.kind not in "iu" or weights.ndim != 2 or weights.size == 0:
            raise NetworkError(
                f"dense weights must be an integer matrix (targets, sources), found {weights.dtype}{weights.shape}"
            )
        if weights.min() < -chip.WEIGHT_LIMIT or weights.max() >= chip.WEIGHT_LIMIT:
            raise NetworkError(
                f"weights {weights.min()}..{weights.max()} exceed the chip's "
                f"{-chip.WEIGHT_LIMIT}..{chip.WEIGHT_LIMIT - 1}; quantize first"
            )
        if not chip.WEIGHT_EXPONENT_MIN <= self.exponent <= chip.WEIGHT_EXPONENT_MAX:
            raise NetworkError(
                f"weight exponent {self.exponent} must lie in "
                f"{chip.WEIGHT_EXPONENT_MIN}..{chip.WEIGHT_EXPONENT_MAX}"
            )
        object.__setattr__(self, "weights", frozen(weights.astype(np.int16, copy=False)))

    @property
    def targets(self) -> int:
        """Units that receive."""
        return int(self.weights.shape[0])

    @property
    def sources(self) -> int:
        """Units that send."""
        return int(self.weights.shape[1])

    def accumulator_bound(self) -> int:
        """Largest magnitude that the summed input of one unit can take."""
        bound = int(np.abs(self.weights.astype(np.int64)).sum(axis=1).max())
        return bound << max(self.exponent, 0)


@dataclass(frozen=True, eq=False)
class Cuba:
    """Current-based leaky integrate-and-fire neurons, as ``lava.proc.lif.models.PyLifModelBitAcc``.

    Each step, with a the synaptic input (see ``hardware.fixed`` for the operations)::

        u = wrap(word(decay(u, current_decay) + align(a)))
        v = saturate(word(decay(v, voltage_decay) + u + (bias_mantissa << bias_exponent)))
        fire where v > align(threshold), and then v = 0

    Attributes
    ----------
    current_decay, voltage_decay : int
        Fractions of 4096 forgotten per step, 0..4096; Lava's ``du`` is ``current_decay - 1``.
    threshold : int
        17-bit mantissa, 0..131071.
    bias_mantissa : int16 array, shape (units,)
        13-bit signed, -4096..4095.
    bias_exponent : int
        Shared, 0..7.
    """

    current_decay: int
    voltage_decay: int
    threshold: int
    bias_mantissa: NDArray[np.int16]
    bias_exponent: int = chip.ALIGN_SHIFT

    def __post_init__(self) -> None:
        """Check every range, and freeze the bias."""
        for name in ("current_decay", "voltage_decay"):
            if not 0 <= getattr(self, name) <= chip.DECAY_UNITY:
                raise NetworkError(f"{name} {getattr(self, name)} must lie in 0..{chip.DECAY_UNITY}")
        if not 0 <= self.threshold <= chip.THRESHOLD_MANTISSA_MAX:
            raise NetworkError(
                f"threshold mantissa {self.threshold} must lie in 0..{chip.THRESHOLD_MANTISSA_MAX} (17 bits)"
            )
        bias, limit = np.asarray(self.bias_mantissa), chip.BIAS_MANTISSA_LIMIT
        if bias.dtype.kind not in "iu" or bias.ndim != 1:
            raise NetworkError(f"bias_mantissa must be an integer vector, found {bias.dtype}{bias.shape}")
        if bias.size and (bias.min() < -limit or bias.max() >= limit):
            raise NetworkError(
                f"bias mantissa {bias.min()}..{bias.max()} must lie in {-limit}..{limit - 1} (13 bits)"
            )
        if not 0 <= self.bias_exponent <= chip.BIAS_EXPONENT_MAX:
            raise NetworkError(f"bias exponent {self.bias_exponent} must lie in 0..{chip.BIAS_EXPONENT_MAX}")
        object.__setattr__(self, "bias_mantissa", frozen(bias.astype(np.int16, copy=False)))

    @property
    def units(self) -> int:
        """Number of neurons."""
        return int(self.bias_mantissa.shape[0])

    @property
    def bias(self) -> NDArray[np.int32]:
        """Effective bias per neuron, shape (units,)."""
        return self.bias_mantissa.astype(np.int32) << self.bias_exponent


@dataclass(frozen=True)
class Layer:
    """A population of neurons.

    Attributes
    ----------
    name : str
        Unique; letters, digits, ``_``, ``-`` and ``.``.
    neuron : Cuba
        Its dynamics.
    teacher : Teacher or None
        Computes the third factor for the connections that learn into this layer.
    """

    name: str
    neuron: Cuba
    teacher: Teacher | None = None

    @property
    def units(self) -> int:
        """Number of neurons."""
        return self.neuron.units


@dataclass(frozen=True)
class Connection:
    """Synapses from one population to another.

    Attributes
    ----------
    source : str
        ``"input"`` or a layer's name.
    target : str
        A layer's name.
    synapse : Dense
        The weights.
    rule : LearningRule or None
        How the weights change; ``None`` where they are fixed.
    """

    source: str
    target: str
    synapse: Dense
    rule: LearningRule | None = None

    @property
    def name(self) -> str:
        """Name used for weights, probes and deltas."""
        return f"{self.source}->{self.target}"


@dataclass(frozen=True)
class Network:
    """The whole integer network.

    Attributes
    ----------
    inputs : int
        Units that the host drives.
    layers : tuple of Layer
        Populations; the last one is read as the output.
    connections : tuple of Connection
        Their synapses.

    Raises
    ------
    NetworkError
        Where names, shapes, weights or rules do not fit; the message names the layer or connection.
    """

    inputs: int
    layers: tuple[Layer, ...]
    connections: tuple[Connection, ...]

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        if self.inputs < 1 or not self.layers or not self.connections:
            raise NetworkError("a network needs inputs, at least one layer and at least one connection")
        units = {INPUT: self.inputs}
        for layer in self.layers:
            if not layer.name or not all(c.isalnum() or c in "_-." for c in layer.name):
                raise NetworkError(f"layer name {layer.name!r} may only hold letters, digits, '_', '-' and '.'")
            if layer.name in units:
                raise NetworkError(f"two layers are called {layer.name!r}; names must be unique")
            units[layer.name] = layer.units
        seen: set[str] = set()
        for connection in self.connections:
            if connection.name in seen:
                raise NetworkError(f"connection {connection.name} occurs twice; add the weights into one")
            seen.add(connection.name)
            _check_connection(connection, units, self)
        for layer in self.layers:
            _check_inputs(layer, [c for c in self.connections if c.target == layer.name])

    @property
    def output(self) -> Layer:
        """The layer whose spikes are the network's answer."""
        return self.layers[-1]

    @property
    def plastic(self) -> tuple[Connection, ...]:
        """The connections that learn."""
        return tuple(connection for connection in self.connections if connection.rule is not None)

    def layer(self, name: str) -> Layer:
        """Return the layer called ``name``."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise NetworkError(f"no layer {name!r}; this network has {', '.join(layer.name for layer in self.layers)}")

    def connection(self, name: str) -> Connection:
        """Return the connection called ``name``."""
        for connection in self.connections:
            if connection.name == name:
                return connection
        raise NetworkError(
            f"no connection {name!r}; this network has {', '.join(c.name for c in self.connections)}"
        )


def _check_connection(connection: Connection, units: dict[str, int], network: Network) -> None:
    name, synapse = connection.name, connection.synapse
    for role, end, count in (
        ("source", connection.source, synapse.sources),
        ("target", connection.target, synapse.targets),
    ):
        if end not in units or (role == "target" and end == INPUT):
            raise NetworkError(f"connection {name}: its {role} {end!r} is not a layer of this network")
        if units[end] != count:
            raise NetworkError(f"connection {name}: {role} {end!r} has {units[end]} units, the weights {count}")
    weights, grid = synapse.weights, synapse.grid
    if connection.rule is None:
        low, high, step = grid.low, grid.high, grid.step
        remedy = "quantize them onto the grid"
    else:
        (low, high), step = grid.learned_range, 1
        remedy = "clip them"
        if network.layer(connection.target).teacher is None and any(
            "y1" in product.factors for product in connection.rule.products
        ):
            raise NetworkError(
                f"connection {name}: its rule uses y1, but layer {connection.target!r} has no teacher to send it"
            )
    if weights.min() < low or weights.max() > high or np.any(weights % step):
        raise NetworkError(
            f"connection {name}: weights {weights.min()}..{weights.max()} must lie in {low}..{high} in steps of "
            f"{step} ({grid.sign.value} sign, {grid.bits} bits); {remedy}"
        )


def _check_inputs(layer: Layer, incoming: list[Connection]) -> None:
    if not incoming:
        raise NetworkError(f"layer {layer.name!r} has no incoming connection, so it can never be driven")
    bound = 0
    for connection in incoming:
        if connection.rule is None:
            bound += connection.synapse.accumulator_bound()
        else:
            fan_in = connection.synapse.sources
            bound += (chip.WEIGHT_LIMIT * fan_in) << max(connection.synapse.exponent, 0)
    if bound >= chip.ACCUMULATOR_LIMIT:
        raise NetworkError(
            f"layer {layer.name!r}: its synaptic input can reach {bound}, over the limit of "
            f"{chip.ACCUMULATOR_LIMIT - 1}; lower the weights, their exponent or the fan-in"
        )
