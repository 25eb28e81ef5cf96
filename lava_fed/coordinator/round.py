"""One synchronous round: weights down, updates up until the deadline, aggregate, judge."""

from __future__ import annotations

from collections.abc import Sequence

from lava_fed.aggregate.aggregator import MasterState
from lava_fed.coordinator.coordinator import Coordinator
from lava_fed.coordinator.intake import Asked, Intake
from lava_fed.errors import RunError
from lava_fed.runs.record import Fate, RoundRecord
from lava_fed.select.choose import choose

PATIENCE = 3600.0
"""Longest wait for a round where no deadline is set, s of the fleet's clock."""
NAMED = 3
"""Reasons that an error names, and devices of each."""


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
        Where fewer devices are there, or answered soundly, than the config's quorum.
    """
    setup, fleet, progress = coordinator.setup, coordinator.fleet, coordinator.progress
    config = setup.config
    there = coordinator.there
    if len(there) < config.rounds.quorum:
        raise RunError(
            f"round {number}: {len(there)} of {len(setup.names)} devices are there, fewer than the quorum of "
            f"{config.rounds.quorum}; connect more, then go on with --resume"
        )
    asked = choose(config.rounds, there, records, number, config.run.seed, coordinator.spent)
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
    wait = config.rounds.deadline or PATIENCE
    until = fleet.now + wait
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
        raise RunError(_too_few(number, len(deltas), config.rounds.quorum, wait, intake))
    return coordinator.conclude(number, state, deltas, intake.account())


def _too_few(number: int, answered: int, quorum: int, wait: float, intake: Intake) -> str:
    lower = ", or begin a new run with a lower rounds.quorum" if quorum > 1 else ""
    return (
        f"round {number}: {answered} of {len(intake.records)} devices answered soundly, fewer than the quorum of "
        f"{quorum}, within {wait:g} s ({'; '.join(reasons(intake))}); mend them and go on with --resume{lower}"
    )


def reasons(intake: Intake) -> list[str]:
    """Return what kept devices from answering, each reason once with the first devices that it is of."""
    found: dict[str, list[str]] = {}
    for record in intake.account():
        if record.fate is not Fate.ANSWERED:
            found.setdefault(record.why or record.fate.value, []).append(record.device)
    said = []
    for why, devices in list(found.items())[:NAMED]:
        names = ", ".join(devices[:NAMED]) + " and others" * (len(devices) > NAMED)
        said.append(f"no answer from {names}" if why == Fate.SILENT.value else f"{names}: {why}")
    return said
