"""Events of a run, counted from its messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hardware.lesson import Lesson
from hardware.network import INPUT, Network
from hardware.spikes import SpikeTrain


@dataclass(frozen=True)
class Counters:
    """Events of one run, the raw material of every energy figure.

    Attributes
    ----------
    spikes : mapping of str to int
        Messages sent (those that are not 0), by population, ``"input"`` included.
    synaptic_operations : mapping of str to int
        Synapses reached by messages, by connection.
    neuron_updates : mapping of str to int
        Neuron states advanced, by layer.
    learning_updates : mapping of str to int
        Synapses whose rule was evaluated, by connection; of shared weights, every place where one joins two units.
    """

    spikes: Mapping[str, int] = field(default_factory=dict)
    synaptic_operations: Mapping[str, int] = field(default_factory=dict)
    neuron_updates: Mapping[str, int] = field(default_factory=dict)
    learning_updates: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Counters) -> Counters:
        """Add event by event."""

        def total(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
            return {key: a.get(key, 0) + b.get(key, 0) for key in (*a, *(k for k in b if k not in a))}

        return Counters(
            total(self.spikes, other.spikes),
            total(self.synaptic_operations, other.synaptic_operations),
            total(self.neuron_updates, other.neuron_updates),
            total(self.learning_updates, other.learning_updates),
        )


def count(
    network: Network,
    inputs: SpikeTrain,
    spikes: Mapping[str, NDArray[np.uint8] | NDArray[np.int32]],
    *,
    lesson: Lesson | None,
) -> Counters:
    """Count the events of a run from its messages; without a lesson no rule was evaluated."""
    sent = {INPUT: inputs.by_unit()}
    sent.update({name: np.count_nonzero(train, axis=(0, 1)) for name, train in spikes.items()})
    return counted(
        network,
        inputs.samples * inputs.steps,
        spikes={name: int(events.sum()) for name, events in sent.items()},
        operations={c.name: int(sent[c.source] @ c.synapse.fan_out()) for c in network.connections},
        lesson=lesson,
    )


def counted(
    network: Network,
    steps: int,
    *,
    spikes: Mapping[str, int],
    operations: Mapping[str, int],
    lesson: Lesson | None,
) -> Counters:
    """Complete counts of messages and synaptic operations by what each step costs without them.

    Parameters
    ----------
    network : Network
        What ran.
    steps : int
        Steps of all samples.
    spikes, operations : mapping of str to int
        As in ``Counters``.
    lesson : Lesson or None
        What was learned; ``None`` where no rule was evaluated.
    """
    return Counters(
        spikes=spikes,
        synaptic_operations=operations,
        neuron_updates={layer.name: layer.units * steps for layer in network.layers},
        learning_updates={
            c.name: int(c.synapse.fan_out().sum()) * (steps // c.rule.epoch)
            for c in network.plastic
            if lesson is not None and c.rule is not None and c.name not in lesson.frozen
        },
    )
