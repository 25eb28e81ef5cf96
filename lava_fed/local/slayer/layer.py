"""One layer as SLAYER trains it: neurons with the synapses into them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
    """What a layer keeps of a forward pass, and where its backward pass leaves what it finds.

    It is taken once for many batches, because fresh memory costs more time than the arithmetic.

    Attributes
    ----------
    arrived : float64 array, shape (samples, steps or 1, units)
        Weights times messages, then the gradient by them; one step where the input is held.
    voltages, sent : float64 array, shape (samples, steps, units)
        Voltages before the reset, at the scale of states; messages.
    by_weights : float64 array, shape (sources, units)
        Gradient by the weights, in chip units, transposed.
    by_seen : float64 array, shape (samples, steps or 1, sources)
        Gradient by the messages that came.
    """

    arrived: Reals
    voltages: Reals
    sent: Reals
    by_weights: Reals
    by_seen: Reals

    @classmethod
    def of(cls, samples: int, seen: int, steps: int, sources: int, units: int) -> Pass:
        """Take room for batches of so many samples, of so many steps seen and sent."""
        return cls(
            arrived=np.empty((samples, seen, units)),
            voltages=np.empty((samples, steps, units)),
            sent=np.empty((samples, steps, units)),
            by_weights=np.empty((sources, units)),
            by_seen=np.empty((samples, seen, sources)),
        )

    def first(self, samples: int) -> Pass:
        """Return the room of the first samples."""
        if samples == len(self.sent):
            return self
        return Pass(
            self.arrived[:samples],
            self.voltages[:samples],
            self.sent[:samples],
            self.by_weights,
            self.by_seen[:samples],
        )


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
    subtract : bool
        Whether a spike takes the threshold off the voltage. lava-dl has no such neuron; as its gradient takes
        resets for constants, nothing else differs.
    """

    connection: str
    exponent: int
    fine: bool
    current_decay: Integers
    voltage_decay: Integers
    threshold: Integers
    fires: bool
    subtract: bool

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
            subtract=neuron.reset is Reset.SUBTRACT,
        )

    @property
    def gain(self) -> float:
        """By how much the state's input grows with what arrives."""
        return float(2.0**self.exponent * (1.0 / ONE if self.fine else ONE))

    def forward(self, seen: Reals, weights: Reals, room: Pass) -> None:
        """Compute a batch from rest, into its room.

        Parameters
        ----------
        seen : float64 array, shape (samples, steps or 1, sources)
            Messages; one step is held through the sample.
        weights : float64 array, shape (sources, units)
            Integers: chip units, transposed.
        room : Pass
            For as many samples.
        """
        weigh(_rows(seen), weights, _rows(room.arrived))
        advance(
            room.arrived,
            self.exponent,
            self.fine,
            self.current_decay,
            self.voltage_decay,
            self.threshold,
            self.fires,
            self.subtract,
            room.voltages,
            room.sent,
        )

    def backward(
        self, seen: Reals, gradient: Reals, weights: Reals, surrogate: Surrogate, room: Pass, *, further: bool
    ) -> None:
        """Carry a gradient back through the layer, into its room.

        Parameters
        ----------
        seen, weights, room
            As in the forward pass.
        gradient : float64 array, shape (samples, steps, units)
            Of the loss by its messages.
        surrogate : Surrogate
            The derivative of a spike.
        further : bool
            Whether the gradient by what was seen is wanted, too.
        """
        retrace(
            gradient,
            room.voltages,
            self.current_decay,
            self.voltage_decay,
            self.threshold,
            self.fires,
            surrogate.width,
            surrogate.scale,
            room.arrived,
        )
        rows = _rows(room.arrived)
        rows *= self.gain
        correlate(_rows(seen), rows, room.by_weights)
        if further:
            weigh(rows, np.ascontiguousarray(weights.T), _rows(room.by_seen))


def _rows(values: Reals) -> Reals:
    return values.reshape(-1, values.shape[2])


def _refused(layer: str, why: str) -> LavaFedError:
    return LavaFedError(
        f"layer {layer!r} cannot be trained with SLAYER here: {why}; it takes chains of CUBA neurons with dense "
        'synapses, so change the Program or train on the chip (work.method = "on_chip")'
    )
