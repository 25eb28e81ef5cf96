"""The states that a session can record."""

from __future__ import annotations

from hardware.network import Connection, Layer


def connection_states(connection: Connection) -> tuple[str, ...]:
    """Return the states of a connection that can be probed; nothing where it does not learn."""
    return () if connection.rule is None else (*connection.rule.states, "weights")


def layer_states(layer: Layer) -> tuple[str, ...]:
    """Return the states of a layer that can be probed: those of its neurons, then what its teacher keeps."""
    return layer.neuron.states + (layer.teacher.states if layer.teacher else ())
