"""One layer as SLAYER trains it: neurons with the synapses into them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import ALIGN_SHIFT
from hardware.errors import LavaFedError
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import FINE, PerUnit, spread
from hardware.synapses.dense import Dense
from lava_fed.local.slayer.kernels import Integers, Reals, advance, correlate, retrace, weigh

ONE = 1 << ALIGN_SHIFT


@dataclass(frozen=True)
class Surrogate:
    """SLAYER's stand-in for the derivative of a spike.

    Attributes
    ----------
    width : float
        Its tau in thresholds: SLAYER's ``tau_grad`` times 100.
    scale : float
        Its area: SLAYER's ``scale_grad`` divided by 10.
    """

    width: float
    scale: float


@dataclass(frozen=True, eq=False)
class Pass:
    """What a layer keeps of a forward pass.

    Attributes
    ----------
    seen : float64 array, shape (samples, steps or 1, sources)
        Messages that came; one step where it was held.
    voltages, sent : float64 array, shape (samples, steps, units)
        Voltages before the reset, at the scale of states; messages.
    """

    seen: Reals
    voltages: Reals
    sent: Reals


@dataclass(frozen=True, eq=False)
class SpikingLayer:
    """Neurons with the dense synapses into them.

    Attributes
    ----------
    connection : str
        Name of the synapses.
    exponent : int
        Theirs.
    fine : bool
        Whether they lead to the port of graded messages.
    current_decay, voltage_decay, threshold : int64 array, shape (units,)
        Of the neurons.
    fires : bool
        Whether they send spikes; else their voltage.
    """

    connection: str
    exponent: int
    fine: bool
    current_decay: Integers
    voltage_decay: Integers
    threshold: Integers
    fires: bool

    @classmethod
    def of(cls, network: Network, layer: Layer, connection: Connection) -> SpikingLayer:
        """Read a layer of a network.

        Raises
        ------
        LavaFedError
            Where SLAYER's CUBA block of dense synapses is another thing; names layer and reason.
        """
        neuron = layer.neuron
        if not isinstance(neuron, Cuba):
            raise _refused(layer.name, f"its neurons are of kind {neuron.kind}, not cuba")
        last = layer.name == network.output.name
        for wrong, what in (
            (neuron.message is Message.GRADED, "its spikes are graded"),
            (neuron.message is Message.VOLTAGE and not last, "it sends voltages and is not the output"),
            (neuron.reset is not Reset.ZERO and neuron.message is Message.SPIKE, "its reset is not to zero"),
            (neuron.refractory != 1, f"its refractory delay is {neuron.refractory}"),
            (bool(np.any(neuron.bias)) or bool(np.any(neuron.drive)), "it has a bias; give it an input always on"),
            (layer.delays is not None, "its axons have delays"),
            (not isinstance(connection.synapse, Dense), f"connection {connection.name} is no dense matrix"),
            (connection.direct, f"connection {connection.name} drives its neurons directly"),
            (
                isinstance(connection.synapse, Dense) and connection.synapse.delays is not None,
                f"connection {connection.name} has delays",
            ),
        ):
            if wrong:
                raise _refused(layer.name, what)

        def each(value: PerUnit) -> Integers:
            return spread(value, layer.units).astype(np.int64)

        return cls(
            connection=connection.name,
            exponent=connection.synapse.exponent,
            fine=connection.port == FINE,
            current_decay=each(neuron.current_decay),
            voltage_decay=each(neuron.voltage_decay),
            threshold=each(neuron.threshold),
            fires=neuron.message is Message.SPIKE,
        )

    @property
    def gain(self) -> float:
        """By how much the state's input grows with what arrives."""
        return float(2.0**self.exponent * (1.0 / ONE if self.fine else ONE))

    def forward(self, seen: Reals, weights: Reals, steps: int) -> Pass:
        """Compute a batch from rest.

        Parameters
        ----------
        seen : float64 array, shape (samples, steps or 1, sources)
            Messages; one step is held through the sample.
        weights : float64 array, shape (sources, units)
            Integers: chip units, transposed.
        steps : int
            Length of a sample.
        """
        samples, units = len(seen), len(self.threshold)
        arrived = np.empty((samples, seen.shape[1], units))
        weigh(seen.reshape(-1, seen.shape[2]), weights, arrived.reshape(-1, units))
        voltages, sent = np.empty((2, samples, steps, units))
        advance(
            arrived,
            self.exponent,
            self.fine,
            self.current_decay,
            self.voltage_decay,
            self.threshold,
            self.fires,
            voltages,
            sent,
        )
        return Pass(seen, voltages, sent)

    def backward(
        self, made: Pass, gradient: Reals, weights: Reals, surrogate: Surrogate, *, further: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Carry a gradient back through the layer.

        Parameters
        ----------
        made : Pass
            Of the forward pass.
        gradient : float64 array, shape (samples, steps, units)
            Of the loss by its messages.
        weights : float64 array, shape (sources, units)
            As in the forward pass.
        surrogate : Surrogate
            The derivative of a spike.
        further : bool
            Whether the gradient by what was seen is wanted, too.

        Returns
        -------
        float64 array, shape (sources, units)
            By the weights, in chip units.
        float64 array, shape (samples, steps or 1, sources), or None
            By the messages that came.
        """
        samples, units = len(gradient), gradient.shape[2]
        arrived = np.empty((samples, made.seen.shape[1], units))
        retrace(
            gradient,
            made.voltages,
            self.current_decay,
            self.voltage_decay,
            self.threshold,
            self.fires,
            surrogate.width,
            surrogate.scale,
            arrived,
        )
        rows = (arrived * self.gain).reshape(-1, units)
        by_weights = np.empty(weights.shape)
        correlate(made.seen.reshape(-1, made.seen.shape[2]), rows, by_weights)
        if not further:
            return by_weights, None
        by_seen = np.empty(made.seen.shape)
        weigh(rows, np.ascontiguousarray(weights.T), by_seen.reshape(-1, by_seen.shape[2]))
        return by_weights, by_seen


def _refused(layer: str, why: str) -> LavaFedError:
    return LavaFedError(
        f"layer {layer!r} cannot be trained with SLAYER here: {why}; it takes chains of CUBA neurons with dense "
        'synapses, so change the Program or train on the chip (work.method = "on_chip")'
    )
