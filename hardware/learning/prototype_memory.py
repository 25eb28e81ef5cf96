"""The host's part of continual prototypes: it gives a unit to what is new.

On the chip are the prototypes, the race between them, their classes, the unit that says what is new, and the rule
that writes an example into the weights of the unit that is named. The host hears who fired, and keeps a count of
the prototypes in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.learning.methods.prototypes import CLASSES, NOVELTY
from hardware.session import Session
from hardware.spikes import SpikeTrain

UNKNOWN = -1
"""What is recalled where no prototype is alike enough."""


@dataclass
class PrototypeMemory:
    """A session with a ``prototype_network``, and the count of its prototypes in use.

    Attributes
    ----------
    session : Session
        On any backend that learns.
    each : int
        Prototypes of each class.
    used : list of int
        Prototypes in use, by class; zeros at first.
    """

    session: Session
    each: int
    used: list[int]

    def recall(self, spikes: SpikeTrain) -> NDArray[np.int64]:
        """Return the class that fired in each sample, of several the first; ``UNKNOWN`` where the input was new.

        Parameters
        ----------
        spikes : SpikeTrain
            As ``prototype_network`` expects it.
        """
        result = self.session.run(spikes, layers=[NOVELTY, CLASSES])
        novel = result.scores(NOVELTY)[:, 0] > 0
        recalled: NDArray[np.int64] = np.where(novel, UNKNOWN, result.scores(CLASSES).argmax(axis=1))
        return recalled

    def learn(self, spikes: SpikeTrain, labels: NDArray[np.integer[Any]], *, seed: int) -> int:
        """Go through samples; give each that is new, or taken for another class, a prototype of its class.

        Parameters
        ----------
        spikes : SpikeTrain
            As ``prototype_network`` expects it.
        labels : integer array, shape (samples,)
            Classes.
        seed : int
            Of the random draws of the rule; the same for all samples.

        Returns
        -------
        int
            How many samples were given one.

        Raises
        ------
        LavaFedError
            Where a label is no class, or a class has no prototype left.
        """
        given = 0
        for index, label in enumerate(np.asarray(labels).tolist()):
            if not 0 <= label < len(self.used):
                raise LavaFedError(f"sample {index}: label {label} must lie in 0..{len(self.used) - 1}")
            sample = spikes.take(np.array([index]))
            if int(self.recall(sample)[0]) == label:
                continue
            if self.used[label] == self.each:
                raise LavaFedError(
                    f"sample {index}: all {self.each} prototypes of class {label} are in use; give the network "
                    "more of them, or let inputs count as alike that share less"
                )
            unit = label * self.each + self.used[label]
            self.session.learn(sample, np.array([unit]), seed=seed, layers=[CLASSES])
            self.used[label] += 1
            given += 1
        return given
