"""What energy and time are spent on."""

from __future__ import annotations

from enum import Enum

from hardware.placement.encoding import Encoding


class Cause(Enum):
    """An event that a chip spends energy or time on."""

    NEURON_ACCESS = "neuron_access"
    """A neuron is looked at, in every step."""
    NEURON_UPDATE = "neuron_update"
    """Its state changes or is not at rest: what an active neuron costs on top."""
    SPIKE = "spike"
    """A neuron makes a message."""
    AXON_OUT = "axon_out"
    """A message leaves for one core that listens."""
    AXON_IN = "axon_in"
    """A core takes in a message."""
    HOP_EAST_WEST = "hop_east_west"
    """A message passes from a tile to the next along a row."""
    HOP_NORTH_SOUTH = "hop_north_south"
    """A message passes from a tile to the next along a column."""
    HOP_CHIP = "hop_chip"
    """A message crosses from a chip to the next."""
    SYNAPSE_DENSE = "synapse_dense"
    """A message reaches one synapse of a full list."""
    SYNAPSE_SPARSE = "synapse_sparse"
    """A message reaches one synapse of a list with indices."""
    SYNAPSE_CONVOLUTION = "synapse_convolution"
    """A message reaches one synapse of a shared kernel."""
    LEARNING = "learning"
    """The rule of one synapse is evaluated."""
    HOST_IN = "host_in"
    """The host sends a message to one core that listens."""
    HOST_OUT = "host_out"
    """The host reads a message of the output layer."""
    BARRIER = "barrier"
    """All cores of all chips agree that a step is over."""

    @property
    def title(self) -> str:
        """Name for people."""
        return _TITLES[self]

    @property
    def phase(self) -> Phase:
        """Which of a core's clocks it runs on."""
        return _PHASES.get(self, Phase.NONE)


class Phase(Enum):
    """A part of a core's step; sending and receiving overlap, learning follows."""

    SEND = "send"
    RECEIVE = "receive"
    LEARN = "learn"
    NONE = "none"
    """Not the work of a core."""


_TITLES = {
    Cause.NEURON_ACCESS: "neurons looked at",
    Cause.NEURON_UPDATE: "neurons active",
    Cause.SPIKE: "spikes made",
    Cause.AXON_OUT: "messages sent to a core",
    Cause.AXON_IN: "messages taken in",
    Cause.HOP_EAST_WEST: "hops east or west",
    Cause.HOP_NORTH_SOUTH: "hops north or south",
    Cause.HOP_CHIP: "crossings to another chip",
    Cause.SYNAPSE_DENSE: "synapses, dense",
    Cause.SYNAPSE_SPARSE: "synapses, sparse",
    Cause.SYNAPSE_CONVOLUTION: "synapses, convolution",
    Cause.LEARNING: "learning updates",
    Cause.HOST_IN: "messages from the host",
    Cause.HOST_OUT: "messages to the host",
    Cause.BARRIER: "barriers",
}
_PHASES = {
    Cause.NEURON_ACCESS: Phase.SEND,
    Cause.NEURON_UPDATE: Phase.SEND,
    Cause.SPIKE: Phase.SEND,
    Cause.AXON_OUT: Phase.SEND,
    Cause.AXON_IN: Phase.RECEIVE,
    Cause.SYNAPSE_DENSE: Phase.RECEIVE,
    Cause.SYNAPSE_SPARSE: Phase.RECEIVE,
    Cause.SYNAPSE_CONVOLUTION: Phase.RECEIVE,
    Cause.LEARNING: Phase.LEARN,
}
SYNAPSES = {
    Encoding.DENSE: Cause.SYNAPSE_DENSE,
    Encoding.SPARSE: Cause.SYNAPSE_SPARSE,
    Encoding.CONVOLUTION: Cause.SYNAPSE_CONVOLUTION,
}
"""Cause of a synaptic operation, by the encoding of the synapse."""
