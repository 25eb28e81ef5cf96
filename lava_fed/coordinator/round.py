"""One synchronous round: weights down, updates up until the deadline, aggregate, judge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import Aggregator, MasterState
from lava_fed.attack.forge import forge
from lava_fed.coordinator.accuracy import Examiner
from lava_fed.coordinator.intake import Asked, Intake
from lava_fed.coordinator.progress import Progress
from lava_fed.coordinator.schedule import halvings, judged
from lava_fed.coordinator.setup import Setup
from lava_fed.coordinator.versions import Versions
from lava_fed.errors import RunError
from lava_fed.fleet import Fleet
from lava_fed.ledger.prices import Prices
from lava_fed.messages.delta import WeightDelta
from lava_fed.messages.task import Task
from lava_fed.messages.wire import Wire
from lava_fed.runs.record import Fate, RoundRecord
from lava_fed.select.choose import choose
from lava_fed.select.history import Spent, events

PATIENCE = 3600.0
"""Longest wait for a round where no deadline is set, s of the fleet's clock."""
REASONS = 3
"""Devices whose reasons an error names."""


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

    def judge(self, number: int, base: MasterState, state: MasterState, deltas: Sequence[WeightDelta]) -> Verdict:
        """Judge the weights after a round, and those of each device, where that is wanted.

        Parameters
        ----------
        number : int
            Number of the round.
        base, state : MasterState
            Before and after it.
        deltas : sequence of WeightDelta
            What made the difference.
        """
        config = self.setup.config
        if not judged(config, number):
            return Verdict()
        own = deltas if config.judge.devices else []
        weights = self.aggregator.weights(state)
        candidates = [weights]
        for delta in own:
            moved = base.moved({name: base.arrays[name] + delta.weights[name] for name in base.arrays})
            candidates.append(self.aggregator.weights(moved))
        overall, *each = self.examiner.judge(candidates)
        tasks = self.examiner.exam(weights, self.setup.exams) if config.tasks.split else ()
        return Verdict(overall, {delta.device: found for delta, found in zip(own, each, strict=True)}, tasks)


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


def acknowledged(records: Sequence[RoundRecord]) -> dict[str, tuple[int, int]]:
    """Return turn and version of each device's last update that was used, in synchronous rounds."""
    return {device: (record.round, record.round - 1) for record in records for device in record.samples}


def run_round(
    coordinator: Coordinator, number: int, state: MasterState, records: Sequence[RoundRecord]
) -> tuple[RoundRecord, MasterState]:
    """Run one round.

    Parameters
    ----------
    coordinator : Coordinator
        Who runs it.
    number : int
        Number of the round, from 1.
    state : MasterState
        Before the round.
    records : sequence of RoundRecord
        All rounds before.

    Returns
    -------
    record : RoundRecord
    state : MasterState
        After the round.

    Raises
    ------
    RunError
        Where fewer devices answered soundly than the config's quorum.
    """
    setup, fleet, progress = coordinator.setup, coordinator.fleet, coordinator.progress
    config = setup.config
    asked = choose(config.rounds, setup.names, records, number, config.run.seed, coordinator.spent)
    held, weights = acknowledged(records), coordinator.aggregator.weights(state)
    encoded: dict[tuple[int, int] | None, bytes] = {}
    messages = {}
    for name in asked:
        last = held.get(name)
        if last not in encoded:
            encoded[last] = coordinator.message(number, number - 1, weights, last)
        messages[name] = encoded[last]
    intake = Intake(coordinator.wire, setup.sizes)
    for name, message in messages.items():
        intake.ask(Asked(name, number, number - 1, len(message)))
    until = fleet.now + (config.rounds.deadline or PATIENCE)
    fleet.send(number, messages)
    while intake.asked:
        reply = fleet.receive(until)
        if reply is None:
            break
        if intake.take(reply) is not None:
            progress.device_done(number, reply.device)
    fleet.recall()
    intake.silence()
    deltas = [intake.updates[name].delta for name in sorted(intake.updates)]
    if len(deltas) < config.rounds.quorum:
        raise RunError(_too_few(number, len(deltas), config.rounds.quorum, intake))
    attackers = setup.names[: config.attack.devices]
    deltas = forge(config.attack, deltas, attackers, setup.shared, number, config.run.seed)
    after = coordinator.aggregator.apply(state, deltas)
    verdict = coordinator.judge(number, state, after, deltas)
    record = RoundRecord(
        round=number,
        accuracy=verdict.overall,
        device_accuracy=verdict.devices,
        task_accuracy=verdict.tasks,
        devices=intake.account(),
        forwarded=coordinator.aggregator.forwarded(state, deltas),
        clock=fleet.now,
        clipped=after.clipped,
        weights_digest=weights_digest(coordinator.aggregator.weights(after)),
    )
    return record, after


def weights_digest(weights: Mapping[str, NDArray[np.int16]]) -> str:
    """SHA-256 of weights by connection, 64 hexadecimal digits."""
    sha = hashlib.sha256()
    for name in sorted(weights):
        sha.update(repr((name, weights[name].shape)).encode())
        sha.update(np.ascontiguousarray(weights[name], "<i2").tobytes())
    return sha.hexdigest()


def _too_few(number: int, answered: int, quorum: int, intake: Intake) -> str:
    silent = [record.device for record in intake.account() if record.fate is Fate.SILENT]
    reasons = [f"{record.device}: {record.why}" for record in intake.account() if record.why]
    if silent:
        reasons.append(f"no answer from {', '.join(silent[:REASONS])}" + (" and others" * (len(silent) > REASONS)))
    return (
        f"round {number}: {answered} of {len(intake.records)} devices answered soundly, fewer than the quorum of "
        f"{quorum} ({'; '.join(reasons[:REASONS])}); mend them or lower rounds.quorum, then go on with --resume"
    )
