"""What the page shows, free of where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.energy.amount import Amount
from lava_fed.continual.forgetting import Forgetting
from lava_fed.runs.personal import Personal


@dataclass(frozen=True)
class Round:
    """One round of the federation.

    Attributes
    ----------
    number : int
        From 1.
    accuracy : float or None
        Of the global model on the test set, 0..1; ``None`` where it was not judged.
    device_accuracy : mapping of str to float
        Of each device's own weights after its local learning, on the same test set.
    bytes_up, bytes_down : int
        Sent by all devices, sent to all devices.
    spikes, synaptic_operations, learning_updates : int
        Events on all devices together.
    fates : mapping of str to int
        How many devices answered, and what became of the others.
    joules, seconds : mapping of str to Amount
        What all devices spent, by cause; seconds one device after the other. Without what no model knows.
    longest : Amount or None
        Time on the chip of the device that took longest; ``None`` where no model knows.
    drift : mapping of str to float
        How far each device moved away from the global weights, chip units.
    agreement : float or None
        Mean cosine between what two devices changed; ``None`` where one answered.
    """

    number: int
    accuracy: float | None
    device_accuracy: Mapping[str, float]
    bytes_up: int
    bytes_down: int
    spikes: int
    synaptic_operations: int
    learning_updates: int
    fates: Mapping[str, int]
    joules: Mapping[str, Amount]
    seconds: Mapping[str, Amount]
    longest: Amount | None = None
    drift: Mapping[str, float] = field(default_factory=dict)
    agreement: float | None = None


@dataclass(frozen=True)
class Device:
    """One device over the whole run.

    Attributes
    ----------
    name : str
        Its name.
    answered, asked : int
        Rounds in which its update was used; in which it was asked or answered.
    bytes_up, bytes_down : int
        Of its messages.
    spikes, synaptic_operations, learning_updates : int
        Events on its chip.
    joules, seconds : mapping of str to Amount
        What it spent, by cause.
    """

    name: str
    answered: int
    asked: int
    bytes_up: int
    bytes_down: int
    spikes: int
    synaptic_operations: int
    learning_updates: int
    joules: Mapping[str, Amount]
    seconds: Mapping[str, Amount]


@dataclass(frozen=True)
class Baseline:
    """A training without the federation, to compare with.

    Attributes
    ----------
    name : str
        Who learned.
    accuracy : tuple of float
        On the test set, after as many passes over the data as each judged round has made.
    """

    name: str
    accuracy: tuple[float, ...]


@dataclass(frozen=True)
class Raster:
    """One sample as it ran through the final network.

    Attributes
    ----------
    title : str
        Which sample.
    spikes : mapping of str to integer array, shape (steps, units)
        By population, the input first and the output last; numbers of an output that sends voltages.
    label, answer : int
        The class it has; the class the output counts say.
    """

    title: str
    spikes: Mapping[str, NDArray[np.integer[Any]]]
    label: int
    answer: int


@dataclass(frozen=True)
class Weights:
    """The weights of one learning connection before and after.

    Attributes
    ----------
    connection : str
        Its name.
    before, after : integer arrays of equal shape
        Before the first round and after the last.
    """

    connection: str
    before: NDArray[np.int16]
    after: NDArray[np.int16]


@dataclass(frozen=True)
class Content:
    """Everything on the page.

    Attributes
    ----------
    name : str
        Of the run.
    rounds : tuple of Round
        In order; the last one was judged.
    devices : tuple of Device
        All that took part, in the order of ``class_mix``.
    model, channel : str
        Energy model of the chip, empty where none fits; what messages travel by, with what that rests on.
    estimated : bool
        Whether the energy model rests on estimates.
    alone : Baseline or None
        The best device that learned alone; None where baselines were not computed.
    pooled : Baseline or None
        The same rule on all data in one place.
    class_mix : mapping of str to tuple of int
        Samples of each class, by device.
    skew : str
        How unlike the devices' samples are, in words.
    tasks : mapping of str to tuple of float
        Accuracy of the global model on each task's test samples in every judged round; empty without tasks.
    personal : mapping of str to Personal
        How good devices are with the layers that are their own; empty where there are none.
    forgetting : Forgetting or None
        What is left of each task after each; None with fewer than two tasks.
    raster : Raster or None
        A sample.
    weights : tuple of Weights
        One for each learning connection.
    network : tuple of tuple of str
        Rows (layer, units, neuron, incoming weights) for the table.
    provenance : mapping of str to str
        Digests, configuration, versions.
    """

    name: str
    rounds: tuple[Round, ...]
    devices: tuple[Device, ...]
    model: str
    channel: str
    estimated: bool
    alone: Baseline | None
    pooled: Baseline | None
    class_mix: Mapping[str, tuple[int, ...]]
    skew: str
    tasks: Mapping[str, tuple[float, ...]]
    personal: Mapping[str, Personal]
    forgetting: Forgetting | None
    raster: Raster | None
    weights: tuple[Weights, ...]
    network: tuple[tuple[str, ...], ...]
    provenance: Mapping[str, str]

    @property
    def judged(self) -> tuple[tuple[Round, float], ...]:
        """Rounds that were judged, with their accuracy."""
        return tuple((each, each.accuracy) for each in self.rounds if each.accuracy is not None)

    @property
    def accuracy(self) -> float:
        """Of the final global model."""
        return self.judged[-1][1]
