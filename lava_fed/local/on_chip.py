"""Devices that learn on their chips, by the rules of the Program."""

from __future__ import annotations

from threading import Lock

import numpy as np

from hardware.backend import Backend
from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed.delta import change_between
from lava_fed.learning.guide import Guide
from lava_fed.local.trainer import Job, Outcome, Trainer
from lava_fed.session_pool import SessionPool
from lava_fed.shared import Shared

BATCH = 512
"""Samples that are spikes at the same time, which bounds memory."""
PERSONAL = "personal/"
"""What the names of personal weights begin with in a device's memory."""


class OnChip(Trainer):
    """Shows a device's samples one after another, and reads what its chip made of the weights.

    Parameters
    ----------
    backend : Backend
        Where the devices' Programs run.
    reward : int
        What a sample that is labelled rightly earns where a layer learns by rewards, 1..127.
    """

    name = "on_chip"

    def __init__(self, backend: Backend, *, reward: int = 64) -> None:
        super().__init__(backend)
        self._reward = reward
        self._pools: dict[str, SessionPool] = {}
        self._lock = Lock()

    def check(self, shared: Shared) -> None:
        """Check that every shared connection learns on the chip."""
        for name in shared.names:
            if shared.program.network.connection(name).rule is None:
                raise LavaFedError(
                    f"connection {name} has no learning rule, so no chip learns it; share only what learns "
                    '(program.share = "learning"), or train off the chip (work.method = "slayer")'
                )

    def work(self, job: Job) -> Outcome:
        """Learn one round; a pure function of the job, whatever the session did before."""
        order, (_, seed) = job.order(), job.task.streams(job.device)
        network = job.program.network
        guide = Guide.of(network, job.data, None)
        output = network.output.name
        counters, wrong = Counters(), 0
        personal = {name: job.memory[PERSONAL + name] for name in job.shared.personal if job.memory}
        with self._pool(job.program).lend() as session:
            session.write_weights({**job.program.weights(), **personal, **job.task.weights})
            for first in range(0, len(order), BATCH):
                part = job.data.take(order[first : first + BATCH])
                result = session.learn(
                    part.x,
                    part.y,
                    seed=seed,
                    rewards=guide.rewards(session, part, self._reward),
                    anneal=job.task.halvings,
                    after=first,
                    layers=[output],
                )
                counters = counters + result.counters
                if part.y is not None:
                    wrong += int(np.count_nonzero(result.scores(output).argmax(axis=1) != part.y))
            learned = session.weights()
        return Outcome(
            change=change_between(job.task.weights, {name: learned[name] for name in job.shared.names}),
            samples=len(np.unique(order)),
            counters=counters,
            loss=wrong / len(order),
            memory={PERSONAL + name: learned[name] for name in job.shared.personal},
        )

    def _pool(self, program: Program) -> SessionPool:
        with self._lock:
            return self._pools.setdefault(program.digest, SessionPool(self.backend, program))

    def close(self) -> None:
        """Release all sessions."""
        for pool in self._pools.values():
            pool.close()
