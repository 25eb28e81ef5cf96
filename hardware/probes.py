"""The states that a session can record."""

from __future__ import annotations

from hardware.network import Connection, Layer

TEACHER_PROBES = ("m", "y1")
"""State of a taught layer beside that of its neurons: the teacher's accumulator, the third factor it sent."""


def connection_states(connection: Connection) -> tuple[str, ...]:
    """Return the states of a connection that can be probed; nothing where it does not learn."""
    return () if connection.rule is None else (*connection.rule.states, "weights")


def layer_states(layer: Layer) -> tuple[str, ...]:
    """Return the states of a layer that can be probed."""
    return layer.neuron.states + (TEACHER_PROBES if layer.teacher else ())
