"""The states that a session can record."""

from __future__ import annotations

from hardware.network import Layer

TEACHER_PROBES = ("m", "y1")
"""State of a taught layer beside that of its neurons: the teacher's accumulator, the third factor it sent."""
CONNECTION_PROBES = ("x1", "x2", "weights")
"""State of a connection that learns."""


def layer_states(layer: Layer) -> tuple[str, ...]:
    """Return the states of a layer that can be probed."""
    return layer.neuron.states + (TEACHER_PROBES if layer.teacher else ())
