"""What the specification can and a backend cannot yet."""

from __future__ import annotations

from hardware.errors import LavaFedError
from hardware.learning.teacher import Teacher
from hardware.lesson import Lesson
from hardware.network import Network
from hardware.neurons.readout import Readout
from hardware.synapses.dense import Dense


def check_known(network: Network, backend: str) -> None:
    """Check that all learning neurons of a network are known.

    Raises
    ------
    LavaFedError
        Naming the layer that the backend cannot run.
    """
    for layer in network.layers:
        teacher = layer.teacher
        unknown = "readout neurons" if isinstance(layer.neuron, Readout) else ""
        if teacher is not None and not isinstance(teacher, Teacher):
            unknown = f"{teacher.kind}s"
        if isinstance(teacher, Teacher) and teacher.trigger:
            unknown = "teachers with a trigger"
        if unknown:
            raise LavaFedError(
                f"layer {layer.name!r}: {unknown} are not on backend {backend!r} yet; use backend 'reference'"
            )
    for connection in network.plastic:
        if not isinstance(connection.synapse, Dense):
            raise LavaFedError(
                f"connection {connection.name}: {connection.synapse.kind} synapses that learn are not on backend "
                f"{backend!r} yet; use backend 'reference'"
            )


def check_plain(lesson: Lesson, backend: str) -> None:
    """Check that a lesson asks for nothing new.

    Raises
    ------
    LavaFedError
        Naming the argument of ``learn`` that the backend cannot take.
    """
    for name in ("anneal", "after", "frozen"):
        if getattr(lesson, name):
            raise LavaFedError(f"learn: {name} is not on backend {backend!r} yet; use backend 'reference'")
