"""How far a federation has come, as one fraction."""

from __future__ import annotations

from lava_fed.coordinator.setup import Setup
from lava_fed.observer import Observer
from lava_fed.runs.baseline import POOLED
from lava_fed.runs.record import RoundRecord


class Progress:
    """Translates what is done into fractions for an observer.

    Work is measured in samples shown: a federated round, the same round of all lone devices, and the same round on
    pooled data each show all samples once per pass.
    """

    def __init__(self, observer: Observer, setup: Setup) -> None:
        self._observer = observer
        config = setup.config
        self._rounds = config.rounds.count
        every = sum(setup.sizes.values())
        self._share = {name: size / every for name, size in setup.sizes.items()}
        self._total = self._rounds * (3.0 if config.run.baselines else 1.0)
        self._federated = 0.0
        self._compared = 0.0

    def _tell(self) -> None:
        self._observer.progress(min(1.0, (self._federated + self._compared) / self._total))

    def stage(self, text: str) -> None:
        """Say what begins."""
        self._observer.stage(text)

    def device_done(self, number: int, device: str) -> None:
        """Count a device's answer."""
        self._federated = min(self._federated + self._share[device], float(number))
        self._observer.device_done(number, device)
        self._tell()

    def round_done(self, record: RoundRecord) -> None:
        """Count a stored round."""
        self._federated = float(record.round)
        self._observer.round_done(record)
        self._tell()

    def baseline_passed(self, name: str) -> None:
        """Count one round of a training to compare with."""
        self._compared += 1.0 if name == POOLED else self._share[name]
        self._tell()

    def baseline_known(self, name: str) -> None:
        """Count a whole training that was stored before."""
        self._compared += self._rounds * (1.0 if name == POOLED else self._share[name])
        self._tell()

    def finish(self) -> None:
        """Say that all is done."""
        self._observer.progress(1.0)
