"""Who makes the rounds: asks devices, combines what they learned, judges it, writes it down."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import Aggregator, MasterState
from lava_fed.attack.forge import forge
from lava_fed.continual.drift import agreement, distance
from lava_fed.coordinator.accuracy import Examiner
from lava_fed.coordinator.progress import Progress
from lava_fed.coordinator.schedule import halvings, judged
from lava_fed.coordinator.setup import Setup
from lava_fed.coordinator.versions import Versions
from lava_fed.fleet import Fleet
from lava_fed.ledger.prices import Prices
from lava_fed.messages.delta import WeightDelta
from lava_fed.messages.task import Task
from lava_fed.messages.wire import Wire
from lava_fed.runs.record import DeviceRecord, RoundRecord
from lava_fed.select.history import Spent, events


@dataclass(frozen=True)
class Verdict:
    """How good weights are, 0..1.

    Attributes
    ----------
    overall : float or None
        Of the global weights on the test set; ``None`` where nobody looked.
    devices : mapping of str to float
        Of each device's own.
    tasks : tuple of float
        Of the global weights on the test samples of each task.
    """

    overall: float | None = None
    devices: Mapping[str, float] = field(default_factory=dict)
    tasks: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Coordinator:
    """Everything that a round needs, synchronous or not.

    Attributes
    ----------
    setup : Setup
        The run.
    aggregator : Aggregator
        Combines updates.
    wire : Wire
        How devices are talked to.
    versions : Versions
        Global weights of earlier rounds.
    fleet : Fleet
        Where devices are.
    examiner : Examiner
        Judges weights.
    progress : Progress
        Told of every answer.
    """

    setup: Setup
    aggregator: Aggregator
    wire: Wire
    versions: Versions
    fleet: Fleet
    examiner: Examiner
    progress: Progress

    @property
    def there(self) -> tuple[str, ...]:
        """The federation's devices that the fleet has now, in their order."""
        present = set(self.fleet.devices())
        return tuple(name for name in self.setup.names if name in present)

    @cached_property
    def spent(self) -> Spent:
        """What a device spent on a round: joules where the chip has an energy model, otherwise events."""
        prices = Prices.of(self.setup.program)
        if prices is None:
            return events
        return lambda record: (prices.compute(record.counters) + prices.learning(record.counters)).value

    def message(
        self,
        turn: int,
        version: int,
        weights: Mapping[str, NDArray[np.int16]],
        held: tuple[int, int] | None,
    ) -> bytes:
        """Return the task of one device.

        Parameters
        ----------
        turn, version : int
            Of the task.
        weights : mapping of str to int16 array
            Global weights of the version.
        held : (int, int) or None
            Turn and version of the device's last update that was used.
        """
        config = self.setup.config
        task = Task(
            program=self.setup.program.digest,
            turn=turn,
            version=version,
            seed=config.run.seed,
            halvings=halvings(config, version + 1),
            acknowledged=0 if held is None else held[0],
            weights=weights,
        )
        if held is None or not config.downlink.changes:
            return self.wire.encode_task(task)
        return self.wire.encode_task(task, (held[1], self.versions(held[1])))

    def conclude(
        self, number: int, state: MasterState, deltas: Sequence[WeightDelta], devices: tuple[DeviceRecord, ...]
    ) -> tuple[RoundRecord, MasterState]:
        """Make new weights of the updates that came in, and write down what is known of them.

        Parameters
        ----------
        number : int
            Number of the round.
        state : MasterState
            Before it.
        deltas : sequence of WeightDelta
            What came, by device; those of attackers are forged here.
        devices : tuple of DeviceRecord
            What became of each device, without its drift.

        Returns
        -------
        record : RoundRecord
        state : MasterState
            After the round.
        """
        setup, config = self.setup, self.setup.config
        attackers = setup.names[: config.attack.devices]
        deltas = forge(config.attack, deltas, attackers, setup.shared, number, config.run.seed)
        after = self.aggregator.apply(state, deltas)
        verdict = self._judge(number, state, after, deltas)
        drift = {delta.device: distance(delta.weights) for delta in deltas}
        record = RoundRecord(
            round=number,
            accuracy=verdict.overall,
            device_accuracy=verdict.devices,
            task_accuracy=verdict.tasks,
            devices=tuple(replace(each, drift=drift.get(each.device, 0.0)) for each in devices),
            forwarded=self.aggregator.forwarded(state, deltas),
            clock=self.fleet.now,
            clipped=after.clipped,
            weights_digest=weights_digest(self.aggregator.weights(after)),
            agreement=agreement(deltas) if len(deltas) > 1 else None,
        )
        return record, after

    def _judge(self, number: int, base: MasterState, state: MasterState, deltas: Sequence[WeightDelta]) -> Verdict:
        """Judge the weights after a round, and those of each device, where that is wanted."""
        config = self.setup.config
        if not judged(config, number):
            return Verdict()
        own = deltas if config.judge.devices and not self.setup.shared.personal else []
        weights = self.aggregator.weights(state)
        candidates = [weights]
        for delta in own:
            moved = base.moved({name: base.arrays[name] + delta.weights[name] for name in base.arrays})
            candidates.append(self.aggregator.weights(moved))
        overall, *each = self.examiner.judge(candidates)
        tasks = self.examiner.exam(weights, self.setup.exams) if config.tasks.split else ()
        return Verdict(overall, {delta.device: found for delta, found in zip(own, each, strict=True)}, tasks)


def weights_digest(weights: Mapping[str, NDArray[np.int16]]) -> str:
    """SHA-256 of weights by connection, 64 hexadecimal digits."""
    sha = hashlib.sha256()
    for name in sorted(weights):
        sha.update(repr((name, weights[name].shape)).encode())
        sha.update(np.ascontiguousarray(weights[name], "<i2").tobytes())
    return sha.hexdigest()
