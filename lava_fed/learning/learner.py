"""A device that learns sample by sample, stops, goes on elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain
from lava_fed.learning.state import LearningState


class Learner:
    """Learns on a session, and keeps count of where it is.

    Parameters
    ----------
    session : Session
        A Program on any backend; learning begins with the weights that it has.
    seed : int
        Of the random streams, 0..2^31-1.

    Attributes
    ----------
    session : Session
        As it was given.
    seed : int
        As it was given.
    learned : int
        Samples learned so far.
    frozen : tuple of str
        Connections that keep their weights, sorted.

    Raises
    ------
    LavaFedError
        Where the Program has nothing that learns, or the seed is out of range.

    Examples
    --------
    Learn, stop, and go on in another process::

        learner = Learner(session, seed=1)
        learner.learn(train.x, train.y)
        learner.pause().save("device.state")

        learner = Learner.resume(session, LearningState.load("device.state"))
    """

    def __init__(self, session: Session, *, seed: int) -> None:
        if not session.program.network.plastic:
            raise LavaFedError("this Program has no connection that learns; compile it with --learn")
        if not 0 <= seed < 2**31:
            raise LavaFedError(f"seed {seed} must lie in 0..2147483647")
        self.session, self.seed, self.learned = session, seed, 0
        self.frozen: tuple[str, ...] = ()

    def learn(
        self,
        spikes: SpikeTrain,
        labels: NDArray[np.integer[Any]] | None = None,
        *,
        rewards: NDArray[np.integer[Any]] | None = None,
        anneal: int = 0,
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> RunResult:
        """Learn the next samples; in how many calls they come makes no difference.

        Parameters
        ----------
        spikes : SpikeTrain
            Input spikes; all samples in the life of a learner have as many steps.
        labels, rewards, anneal, probes, layers
            As for ``Session.learn``.

        Raises
        ------
        LavaFedError
            Where the samples do not fit; nothing was learned then.
        """
        result = self.session.learn(
            spikes,
            labels,
            seed=self.seed,
            rewards=rewards,
            anneal=anneal,
            after=self.learned,
            frozen=self.frozen,
            probes=probes,
            layers=layers,
        )
        self.learned += spikes.samples
        return result

    def freeze(self, *names: str) -> None:
        """Let connections keep their weights from now on.

        Raises
        ------
        LavaFedError
            Where a connection is unknown or does not learn.
        """
        plastic = [connection.name for connection in self.session.program.network.plastic]
        for name in names:
            if name not in plastic:
                raise LavaFedError(f"no connection {name!r} to freeze; those that learn: {', '.join(plastic)}")
        self.frozen = tuple(sorted({*self.frozen, *names}))

    def thaw(self, *names: str) -> None:
        """Let frozen connections learn again."""
        self.frozen = tuple(name for name in self.frozen if name not in names)

    def pause(self) -> LearningState:
        """Return all that the next sample depends on."""
        weights = self.session.weights()
        return LearningState(self.session.program.digest, self.seed, self.learned, weights, self.frozen)

    @classmethod
    def resume(cls, session: Session, state: LearningState) -> Learner:
        """Go on where another learner stopped, perhaps on another backend.

        Parameters
        ----------
        session : Session
            The same Program; its weights are overwritten.
        state : LearningState
            What ``pause`` returned.

        Raises
        ------
        LavaFedError
            Where the state is that of another Program.
        """
        if state.program != session.program.digest:
            raise LavaFedError(
                f"the state is of the Program {state.program[:12]}, and this one is "
                f"{session.program.digest[:12]}; load the Program that began to learn"
            )
        learner = cls(session, seed=state.seed)
        session.write_weights(state.weights)
        learner.learned, learner.frozen = state.learned, state.frozen
        return learner
