"""A federation of a few devices in one process, for studies that change one part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.emulator.engine import EmulatorBackend
from lava_fed.aggregate.aggregator import Aggregator, MasterState
from lava_fed.learning.samples import Samples, labels_of
from lava_fed.local.trainer import Job, Trainer, Work
from lava_fed.messages.delta import WeightDelta
from lava_fed.messages.task import Task
from lava_fed.shared import Shared

Weights = Mapping[str, NDArray[np.int16]]


@dataclass(frozen=True, eq=False)
class Mini:
    """Devices, how they learn, how that is combined.

    Attributes
    ----------
    shared : Shared
        What is learned together.
    data : mapping of str to callable
        Each device's samples in a round.
    trainer : Trainer
        How devices learn.
    aggregator : Aggregator
        How their changes are combined.
    work : Work
        How much they do in a round.
    seed : int
        Of all that is random.
    halve_at : tuple of int
        Rounds from which learning is halved once more.
    """

    shared: Shared
    data: Mapping[str, Callable[[int], Samples]]
    trainer: Trainer
    aggregator: Aggregator
    work: Work
    seed: int
    halve_at: tuple[int, ...] = ()
    memories: dict[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)

    def round(self, number: int, state: MasterState) -> tuple[MasterState, list[WeightDelta]]:
        """Return the state after a round, counted from 1, and the changes; every device takes part."""
        weights = self.aggregator.weights(state)
        halvings = sum(number >= at for at in self.halve_at)
        task = Task(self.shared.program.digest, number, number - 1, self.seed, halvings, number - 1, weights)
        deltas = []
        for name, samples in self.data.items():
            memory = self.memories.get(name, {})
            job = Job(self.shared, self.shared.program, task, samples(number), name, self.work, memory)
            outcome = self.trainer.work(job)
            self.memories[name] = outcome.memory
            deltas.append(
                WeightDelta(task.program, name, number, number - 1, outcome.samples, dict(outcome.change))
            )
        return self.aggregator.apply(state, deltas), deltas


Seen = Callable[[int, Weights, Sequence[WeightDelta]], None]
"""Shown a round's number, the weights after it and the devices' changes."""


def run(mini: Mini, rounds: int, seen: Seen | None = None) -> MasterState:
    """Run some rounds; ``seen`` is shown each."""
    state = mini.aggregator.init(mini.shared)
    for number in range(1, rounds + 1):
        state, deltas = mini.round(number, state)
        if seen is not None:
            seen(number, mini.aggregator.weights(state), deltas)
    return state


class Judge:
    """Says which test samples weights label rightly; use it as a context manager.

    Parameters
    ----------
    shared : Shared
        What the weights are of.
    test : Samples
        Labelled samples.
    """

    def __init__(self, shared: Shared, test: Samples) -> None:
        self._data, self._labels = test.take(slice(None)), labels_of(test)
        self._output = shared.program.network.output.name
        self._rest = shared.program.weights()
        self._session = EmulatorBackend().load(shared.program)

    def scores(self, weights: Weights) -> NDArray[np.int64]:
        """Return the output's scores, shape (samples, units)."""
        self._session.write_weights({**self._rest, **weights})
        return self._session.run(self._data.x, layers=[self._output]).scores(self._output)

    def right(self, weights: Weights) -> NDArray[np.bool_]:
        """Return for each test sample whether it is labelled rightly."""
        found: NDArray[np.bool_] = self.scores(weights).argmax(axis=1) == self._labels
        return found

    def __enter__(self) -> Judge:
        """Return the judge."""
        return self

    def __exit__(self, *error: object) -> None:
        """Release the session."""
        self._session.close()


@dataclass(frozen=True, eq=False)
class Always:
    """Samples that are the same in every round.

    Attributes
    ----------
    samples : Samples
        The samples.
    """

    samples: Samples

    def __call__(self, number: int) -> Samples:  # noqa: ARG002
        """Return them, whatever the round."""
        return self.samples


def dealt(samples: Samples, parts: Sequence[NDArray[np.int64]]) -> dict[str, Always]:
    """Return the parts of samples by device, the same in every round."""
    return {f"device-{number}": Always(samples.only(part)) for number, part in enumerate(parts, 1)}
