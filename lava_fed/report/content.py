"""What the page shows, free of where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lava_fed.ledger import Energy


@dataclass(frozen=True)
class Round:
    """One round of the federation.

    Attributes
    ----------
    number : int
        From 1.
    accuracy : float
        Of the global model on the test set, 0..1.
    device_accuracy : mapping of str to float
        Of each device's own weights after its local learning, on the same test set.
    bytes_up, bytes_down : int
        Sent by all devices, sent to all devices.
    spikes, synaptic_operations, learning_updates : int
        Events on all devices together.
    energy : Energy or None
        What all devices spent on them; None where no energy model fits.
    """

    number: int
    accuracy: float
    device_accuracy: Mapping[str, float]
    bytes_up: int
    bytes_down: int
    spikes: int
    synaptic_operations: int
    learning_updates: int
    energy: Energy | None = None


@dataclass(frozen=True)
class Baseline:
    """A training without the federation, to compare with.

    Attributes
    ----------
    name : str
        Who learned.
    accuracy : tuple of float
        On the test set, after as many passes over the data as each round has made.
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
    spikes : mapping of str to uint8 array, shape (steps, units)
        By population, the input first and the output last.
    label, answer : int
        The class it has; the class the output counts say.
    """

    title: str
    spikes: Mapping[str, NDArray[np.uint8]]
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
        In order.
    alone : Baseline or None
        The best device that learned alone; None where baselines were not computed.
    pooled : Baseline or None
        The same rule on all data in one place.
    class_mix : mapping of str to tuple of int
        Samples of each class, by device.
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
    alone: Baseline | None
    pooled: Baseline | None
    class_mix: Mapping[str, tuple[int, ...]]
    raster: Raster | None
    weights: tuple[Weights, ...]
    network: tuple[tuple[str, ...], ...]
    provenance: Mapping[str, str]
