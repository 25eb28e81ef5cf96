"""What arrives at layers, and their third factors, laid out for the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.emulator import tables as t
from hardware.learning.feedback import Feedback
from hardware.learning.reward import Reward
from hardware.learning.teacher import Teacher
from hardware.network import Connection, Layer
from hardware.neurons.readout import Readout
from hardware.synapses.dense import Dense


def port_of(layer: Layer, connection: Connection, incoming: tuple[Connection, ...]) -> int:
    """Return the place of a connection's port in the inbox; errors arrive behind what leads to neurons."""
    ports = layer.neuron.ports
    if connection.port and connection.port not in ports:
        return _ports(layer, incoming)
    return ports.index(connection.port) if connection.port else 0


def _ports(layer: Layer, incoming: tuple[Connection, ...]) -> int:
    """Count the ports of neurons up to the last one that anything leads to."""
    ports = layer.neuron.ports
    return 1 + max((ports.index(c.port) for c in incoming if c.port in ports), default=0)


def fill_traffic(row: NDArray[np.int64], layer: Layer, incoming: tuple[Connection, ...]) -> None:
    """Note how long messages may be under way, which ports are used, and what third factors there are."""
    longest = [c.synapse.longest_delay for c in incoming if isinstance(c.synapse, Dense)]
    errors = isinstance(layer.teacher, Feedback)
    row[t.SLOTS] = 1 + max(longest, default=0)
    row[t.PORTS], row[t.ERRORS] = _ports(layer, incoming), errors
    row[t.ROOM] = (row[t.PORTS] + errors) * layer.units
    row[t.HELD] = 0 if layer.delays is None else 1 + int(layer.delays.max())
    teacher, neuron = layer.teacher, layer.neuron
    if isinstance(teacher, Teacher):
        row[[t.TAUGHT, t.MARGIN, t.SHIFT, t.REST]] = t.TEACHER, teacher.margin, teacher.shift, teacher.rest
        row[t.TRIGGER] = teacher.trigger
    elif isinstance(teacher, Reward):
        row[t.TAUGHT] = t.REWARD
    elif isinstance(teacher, Feedback):
        row[[t.TAUGHT, t.SHIFT, t.LEAD, t.MOST]] = t.FEEDBACK, teacher.shift, teacher.lead, teacher.most
        row[[t.COUNTS, t.WINDOW, t.ONCE]] = teacher.counts, teacher.window, teacher.once
    elif teacher is not None:
        raise TypeError(f"the emulator has no kernel for a {teacher.kind}")
    if isinstance(neuron, Readout):
        row[[t.MARGIN, t.SHIFT, t.REST, t.LEAD]] = neuron.margin, neuron.shift, neuron.ceiling, neuron.lead
