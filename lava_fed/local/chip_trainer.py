"""What all trainers on chips have in common: sessions, and what a round may cost."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import Lock

from hardware.backend import Backend
from hardware.program import Program
from hardware.session import Session
from lava_fed.ledger.prices import Prices
from lava_fed.local.budget import Meter
from lava_fed.local.trainer import Trainer, Work
from lava_fed.session_pool import SessionPool


class ChipTrainer(Trainer):
    """A trainer whose devices run their Programs in every round.

    Parameters
    ----------
    backend : Backend
        Where the devices' Programs run.
    """

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self._pools: dict[str, SessionPool] = {}
        self._prices: dict[str, Prices | None] = {}
        self._lock = Lock()

    def lend(self, program: Program) -> AbstractContextManager[Session]:
        """Lend a session of a Program, with whatever weights it had; see ``SessionPool.lend``."""
        with self._lock:
            pool = self._pools.setdefault(program.digest, SessionPool(self.backend, program))
        return pool.lend()

    def meter(self, program: Program, work: Work) -> Meter:
        """Return what tells whether a round is within its budgets.

        Raises
        ------
        LavaFedError
            Where there is one, and nothing says what the Program costs.
        """
        digest = program.digest
        if digest not in self._prices:
            self._prices[digest] = Prices.of(program)
        meter = Meter(program, self._prices[digest], work.joules, work.seconds)
        meter.check()
        return meter

    def close(self) -> None:
        """Release all sessions."""
        for pool in self._pools.values():
            pool.close()
