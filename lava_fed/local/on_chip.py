"""Devices that learn on their chips, by the rules of the Program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from hardware.backend import Backend
from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.learning.teacher import Teacher
from hardware.session import Session
from lava_fed.learning.guide import Guide
from lava_fed.local.budget import PIECE
from lava_fed.local.chip_trainer import ChipTrainer
from lava_fed.local.personal import recalled, remembered
from lava_fed.local.proximal import share_of
from lava_fed.local.pull import Pull
from lava_fed.local.rehearsal import rehearsed
from lava_fed.local.trainer import Job, Outcome, Work
from lava_fed.messages.delta import change_between
from lava_fed.shared import Shared

BATCH = 512
"""Samples that are spikes at the same time, which bounds memory."""


class OnChip(ChipTrainer):
    """Shows a device's samples one after another, and reads what its chip made of the weights.

    Parameters
    ----------
    backend : Backend
        Where the devices' Programs run.
    reward : int
        What a sample that is labelled rightly earns where a layer learns by rewards, 1..127.
    every : int
        Samples between two pulls by FedProx or EWC, at most.

    Raises
    ------
    LavaFedError
        Where an option is out of range.
    """

    name = "on_chip"

    def __init__(self, backend: Backend, *, reward: int = 64, every: int = 100) -> None:
        super().__init__(backend)
        for option, value, most in (("reward", reward, 127), ("every", every, 1 << 31)):
            if not 1 <= value <= most:
                raise LavaFedError(f"work.options: {option} {value} of on_chip must lie in 1..{most}")
        self._reward, self._every = reward, every

    def check(self, shared: Shared, work: Work) -> None:
        """Check that every shared connection learns on the chip, pulls are parts, budgets can be told."""
        for name in shared.names:
            if shared.program.network.connection(name).rule is None:
                raise LavaFedError(
                    f"connection {name} has no learning rule, so no chip learns it; share only what learns "
                    '(program.share = "learning"), or train off the chip (work.method = "slayer")'
                )
        network = shared.program.network
        for layer in network.layers:
            if isinstance(layer.teacher, Teacher) and layer.name != network.output.name:
                raise LavaFedError(
                    f"layer {layer.name!r} is taught which of its units should fire, and labels only say which of "
                    'the output; take work.method = "prototypes" where its units are prototypes'
                )
        self.backend.check_learning(network)
        share_of(work.proximal, "work.proximal")
        share_of(work.ewc, "work.ewc")
        self.meter(shared.program, work)

    def work(self, job: Job) -> Outcome:
        """Learn one round; a pure function of the job, whatever the session did before.

        A budget of energy or time ends the round before the piece that would exceed it, by what earlier samples
        took on average; so fewer samples may be learned than were asked for.
        """
        data, order, replay = rehearsed(job)
        rng, seed = job.task.streams(job.device)
        guide, output = Guide.of(job.program.network, data, None), job.program.network.output.name
        meter = self.meter(job.program, job.work)
        personal = recalled(job.memory, job.shared.personal)
        begin: dict[str, NDArray[np.int16]] = {**job.program.weights(), **personal, **job.task.weights}
        pull = Pull.of(job, begin)
        counters, wrong, shown = Counters(), 0, 0
        with self.lend(job.program) as session:
            session.write_weights(begin)
            for first, last, ends in _pieces(len(order), self._every if pull else 0, meter.limited):
                if not meter.allows(counters, shown, last - first):
                    break
                part = data.take(order[first:last])
                result = session.learn(
                    part.x,
                    part.y,
                    seed=seed,
                    rewards=guide.rewards(session, part, self._reward),
                    anneal=job.task.halvings,
                    after=first,
                    layers=[output],
                )
                replay = replay.with_shown(part)
                counters, shown = counters + result.counters, last
                if part.y is not None:
                    wrong += int(np.count_nonzero(result.scores(output).argmax(axis=1) != part.y))
                if pull is not None and ends:
                    pull, counters = _pull(session, pull, counters, rng)
            learned: Mapping[str, NDArray[np.int16]] = session.weights()
        memory = remembered(learned, job.shared.personal)
        own = order[:shown]
        return Outcome(
            change=change_between(job.task.weights, {name: learned[name] for name in job.shared.names}),
            samples=len(np.unique(own[own < len(job.data)])),
            counters=counters,
            loss=wrong / shown,
            seconds=meter.spent_seconds(counters, shown),
            memory=memory | replay.memory() | ({} if pull is None else pull.memory()),
        )


def _pieces(count: int, every: int, limited: bool) -> Iterator[tuple[int, int, bool]]:
    """Cut a round into pieces; tell of each whether a pull follows it, as one does after the last.

    Parameters
    ----------
    count : int
        Samples of the round.
    every : int
        Samples between two pulls at most, in stretches that differ by one at most; 0 for no pull.
    limited : bool
        Whether there is a budget, which is looked at after each piece.
    """
    stretches = -(-count // every) if every else 1
    size = min(PIECE, BATCH) if limited else BATCH
    for number in range(stretches):
        start, end = number * count // stretches, (number + 1) * count // stretches
        for first in range(start, end, size):
            last = min(first + size, end)
            yield first, last, last == end


def _pull(session: Session, pull: Pull, counters: Counters, rng: np.random.Generator) -> tuple[Pull, Counters]:
    """Let the host pull all weights, at the cost of one learning update a synapse."""
    pull, weights, updates = pull.after(session.weights(), rng)
    session.write_weights(weights)
    return pull, counters + Counters(learning_updates=updates)
