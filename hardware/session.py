"""A Program at work: what every backend's session does.

``run`` (samples are independent; weights stay) or ``learn`` (samples follow one another; weights change).

Time. A sample lasts as many steps as the spike train has. Every sample starts from rest: neurons at their
``rest``, traces and accumulators at zero, no message under way. Input given in step t reaches the first layer in
step t + 1. What a layer is seen to send in step t has passed its axonal delays.
``learn`` counts steps through all its samples, so learning epochs and random draws continue across them, and
begins its random streams anew from ``seed``: it is a pure function of Program, weights, data and its arguments.
With ``after`` it goes on where an earlier call ended: ``learn(a + b)`` is ``learn(a)``, then ``learn(b)`` with
``after=len(a)``, bit for bit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.checks import check_weights
from hardware.lesson import Lesson
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain


class Session(ABC):
    """A Program loaded on a backend; use it as a context manager.

    Attributes
    ----------
    program : Program
        As it was loaded; what was learned or written since is in ``weights``.
    """

    program: Program

    @abstractmethod
    def run(
        self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
    ) -> RunResult:
        """Run every sample on its own, from rest, with the present weights.

        Parameters
        ----------
        spikes : SpikeTrain
            Input spikes.
        probes : sequence of str
            States to record: ``"<layer>.<state>"``, any of ``layer_states``.
        layers : sequence of str, optional
            Layers whose messages are kept; all by default. Counters are complete in any case.
        """

    @abstractmethod
    def learn(
        self,
        spikes: SpikeTrain,
        labels: NDArray[np.integer[Any]] | None = None,
        *,
        seed: int,
        rewards: NDArray[np.integer[Any]] | None = None,
        anneal: int = 0,
        after: int = 0,
        frozen: Collection[str] = (),
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> RunResult:
        """Run the samples one after another and let the plastic weights change.

        Parameters
        ----------
        spikes : SpikeTrain
            Input spikes; the steps of a sample must be a whole number of learning epochs.
        labels : integer array, shape (samples,), optional
            The unit of the taught layers and readouts that should win; -1, the default for all, teaches nothing.
        seed : int
            Seed of the random streams, 0..2^31-1.
        rewards : integer array, shape (samples,), optional
            Reward of each sample, -128..127; given where a layer has a ``Reward``, and only there.
        anneal : int
            How often the errors of teachers and readouts are halved, 0..7, rounded to nearest: a learning rate.
        after : int
            Samples, of as many steps, that this seed has already learned: random streams and epochs go on there.
        frozen : collection of str
            Connections whose rule does not run in this call: weights stay, traces and tags are 0.
        probes : sequence of str
            States to record; see ``layer_states`` and ``connection_states``.
        layers : sequence of str, optional
            Layers whose messages are kept; all by default. Counters are complete in any case.
        """

    def check_lesson(self, lesson: Lesson) -> None:  # noqa: B027  # most backends teach all that a Program can be
        """Refuse a lesson that fits the Program, but that the backend cannot teach; ``learn`` begins with this.

        Parameters
        ----------
        lesson : Lesson
            As ``check_learn`` returns it.

        Raises
        ------
        LavaFedError
            Naming what the backend lacks.
        """

    @abstractmethod
    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the present weights of every plastic connection, in the shape that its synapses have."""

    def write_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace the weights of the named plastic connections.

        Parameters
        ----------
        weights : mapping of str to integer array
            By the connection's name, in the shape that its synapses have: dense (targets, sources).

        Raises
        ------
        LavaFedError
            Where a connection is unknown or does not learn, or a shape or value does not fit; no weight is then
            replaced.
        """
        check_weights(self.program.network, weights)
        self.replace_weights(weights)

    @abstractmethod
    def replace_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace weights that are known to fit; everyone else calls ``write_weights``."""

    def close(self) -> None:  # noqa: B027  # most sessions hold nothing
        """Release what the session holds; it cannot be used afterwards."""

    def __enter__(self) -> Session:
        """Return the session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        self.close()
