"""What the host tells a network with each sample, beside its spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.learning.reward import Reward
from hardware.learning.teacher import Teacher
from hardware.network import Network
from hardware.neurons.readout import Readout
from hardware.session import Session
from lava_fed.data.dataset import DataSet
from lava_fed.learning.samples import Samples


@dataclass(frozen=True)
class Guide:
    """Labels where the network is taught by them, rewards where it learns by those.

    Attributes
    ----------
    judged : bool
        Whether the output layer is to tell the label, so that its answers can be judged while it learns.
    rewarded : bool
        Whether each sample needs a reward.
    """

    judged: bool
    rewarded: bool

    @classmethod
    def of(cls, network: Network, data: Samples, test: Samples | None) -> Guide:
        """Check that samples and their labels fit a network, and say what it needs.

        Raises
        ------
        LavaFedError
            Where samples have another number of units, or labels are missing or beyond the last unit.
        """
        rewarded = [layer.name for layer in network.layers if isinstance(layer.teacher, Reward)]
        taught = [
            layer.name
            for layer in network.layers
            if isinstance(layer.teacher, Teacher) or isinstance(layer.neuron, Readout)
        ]
        _check(network, data, f"layer {[*taught, *rewarded][0]!r} is taught by them" if taught or rewarded else "")
        if test is not None:
            _check(network, test, "a test needs them")
        return cls(bool(taught or rewarded), bool(rewarded))

    def rewards(self, session: Session, part: DataSet, reward: int) -> NDArray[np.int32] | None:
        """Return what samples earn: ``reward`` where the network labels them rightly now, else as much less.

        Parameters
        ----------
        session : Session
            Runs the samples, without learning, to see its answer.
        part : DataSet
            Labelled samples.
        reward : int
            What is earned or lost, 1..127.
        """
        if not self.rewarded:
            return None
        output = session.program.network.output.name
        right = session.run(part.x, layers=[output]).scores(output).argmax(axis=1) == part.labels
        return np.where(right, reward, -reward).astype(np.int32)


def _check(network: Network, samples: Samples, why: str) -> None:
    """Check samples; ``why`` says what their labels are for, and is empty where they may be without."""
    if not len(samples):
        raise LavaFedError(f"{samples.title} holds no samples; give at least one")
    units = samples.take(slice(1)).x.units
    if units != network.inputs:
        raise LavaFedError(
            f"{samples.title}: a sample has {units:,} units in a step, the network reads {network.inputs:,}"
        )
    if samples.y is None:
        if why:
            raise LavaFedError(f"{samples.title} has no labels, and {why}; add an array y to the archive")
    elif int(samples.y.max()) >= network.output.units:
        raise LavaFedError(
            f"{samples.title} has labels up to {int(samples.y.max())}, but the output layer "
            f"{network.output.name!r} has units 0 to {network.output.units - 1}; give other data"
        )
