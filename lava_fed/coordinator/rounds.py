"""The round loop: from a config to a trained Program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from hardware.program import Program
from lava_fed.conditions import Conditions
from lava_fed.config import FederationConfig
from lava_fed.config.devices import EMULATOR
from lava_fed.continual.forgetting import forgetting_of
from lava_fed.coordinator.accuracy import Examiner
from lava_fed.coordinator.asynchronous import run_asynchronous
from lava_fed.coordinator.baseline import train_all, train_alone
from lava_fed.coordinator.coordinator import Coordinator, weights_digest
from lava_fed.coordinator.personal import finish_personal
from lava_fed.coordinator.progress import Progress
from lava_fed.coordinator.round import run_round
from lava_fed.coordinator.settle import settle
from lava_fed.coordinator.setup import Setup, available_backend
from lava_fed.coordinator.versions import Versions
from lava_fed.errors import RunError
from lava_fed.ledger.channel import find_channel
from lava_fed.ledger.sheet import Sheet
from lava_fed.local.muster import muster
from lava_fed.local_fleet import Answering, LocalFleet
from lava_fed.local_fleet.office import Elsewhere, Office
from lava_fed.observer import Observer
from lava_fed.runs.baseline import POOLED, Baselines
from lava_fed.runs.personal import Personal
from lava_fed.runs.record import RoundRecord
from lava_fed.runs.store import Store

JUDGE = EMULATOR
"""Backend on which accuracies and baselines are computed, wherever the devices run."""


@dataclass(frozen=True, eq=False)
class FederationResult:
    """What a federation came to.

    Attributes
    ----------
    out : Path
        The run's directory.
    records : tuple of RoundRecord
        All rounds.
    baselines : Baselines or None
        Trainings to compare with, where the config asks for them.
    program : Program
        With the final global weights.
    personal : mapping of str to Personal
        How good each device is, where layers are its own.
    """

    out: Path
    records: tuple[RoundRecord, ...]
    baselines: Baselines | None
    program: Program
    personal: Mapping[str, Personal] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """Of the final global model, 0..1."""
        return final_accuracy(self.records)


def final_accuracy(records: list[RoundRecord] | tuple[RoundRecord, ...]) -> float:
    """Return the accuracy after the last round, which is always judged."""
    found = records[-1].accuracy
    if found is None:
        raise RunError(
            f"round {records[-1].round} was not judged, so the run is not finished; go on with --resume"
        )
    return found


def federate(
    config: FederationConfig, out: Path, *, resume: bool = False, observer: Observer | None = None
) -> FederationResult:
    """Run a federation and store it.

    Parameters
    ----------
    config : FederationConfig
        What to do.
    out : Path
        Directory of the run; new or empty, unless the run in it is resumed.
    resume : bool
        Go on with the run in ``out``; the final bytes are those of an unbroken run.
    observer : Observer, optional
        Told of progress.

    Raises
    ------
    LavaFedError
        Where the config does not fit, too few devices answer, or the run cannot be stored.
    """
    observer = observer or Observer()
    setup = Setup.prepare(config)
    with Store(out, setup, resume=resume) as store:
        setup = setup.with_program(store.program)
        progress = Progress(observer, setup)
        records, program = _rounds(setup, store, observer, progress)
        baselines = _baselines(setup, store, progress) if config.run.baselines else None
        program = replace(
            program,
            provenance={
                **setup.program.provenance,
                "federation.run": store.digest,
                "federation.base": setup.program.digest,
                "federation.rounds": str(len(records)),
                "federation.devices": str(len(setup.names)),
                "federation.aggregator": config.aggregate.name,
            },
        )
        sheet = Sheet.of(records, setup.program, find_channel(config.network.radio))
        result = _result(records, baselines, program, sheet)
        own = finish_personal(setup, store, records, program, available_backend(JUDGE))
        result["personal"] = {name: each.to_json() for name, each in own.items()} or None
        found = forgetting_of(records, config.tasks)
        result["forgetting"] = None if found is None else found.to_json()
        store.finish(program, result, sheet.csv_text())
        progress.finish()
    return FederationResult(out, tuple(records), baselines, program, own)


def _rounds(
    setup: Setup, store: Store, observer: Observer, progress: Progress
) -> tuple[list[RoundRecord], Program]:
    """Run the rounds that are not stored yet; return all records and the Program with the final weights."""
    config, shared = setup.config, setup.shared
    aggregator = setup.aggregator()
    records = store.records()
    state = store.state(len(records), aggregator)
    if records and weights_digest(aggregator.weights(state)) != records[-1].weights_digest:
        raise RunError(
            f"{store.out}: aggregator {config.aggregate.name!r} makes other weights of round {len(records)} "
            "than when the run began; resume with the version of lava-fed that began it"
        )
    for record in records:
        progress.round_done(record)
    if len(records) < config.rounds.count:
        with ExitStack() as stack:
            versions = Versions(store.out, store.digest, shared, aggregator)
            fleet = _fleet(setup, store, versions, records[-1].clock if records else 0.0, stack)
            backend = available_backend(JUDGE)
            examiner = stack.enter_context(Examiner(backend, shared, setup.test, config.run.workers))
            coordinator = Coordinator(setup, aggregator, setup.wire(), versions, fleet, examiner, progress)
            if config.asynchronous.buffer:
                state = run_asynchronous(coordinator, state, records, store, observer)
            else:
                for number in range(len(records) + 1, config.rounds.count + 1):
                    observer.stage(f"round {number} of {config.rounds.count}")
                    record, state = run_round(coordinator, number, state, records)
                    store.save_round(record, state)
                    records.append(record)
                    progress.round_done(record)
    settle(setup, store, records)
    return records, shared.program_with(aggregator.weights(state))


def _fleet(setup: Setup, store: Store, versions: Versions, start: float, stack: ExitStack) -> LocalFleet:
    """Return the devices of a run on this machine; what they hold is released with the stack."""
    config = setup.config
    here = muster(setup, store.out, versions, stack)
    devices: Sequence[Answering] = here
    if config.run.workers > 1 and any(device.kit.trainer.processes for device in here):
        office = stack.enter_context(Office(store.out, config.folder, store.digest))
        devices = [Elsewhere(name, office) for name in setup.names]
    conditions = Conditions.of(config.network, config.faults)
    return stack.enter_context(LocalFleet(devices, config.run.workers, conditions, config.run.seed, start=start))


def _baselines(setup: Setup, store: Store, progress: Progress) -> Baselines:
    config = setup.config
    known = store.baselines()
    for name in known:
        progress.baseline_known(name)
    # The longest training begins first, so that no worker waits for it alone.
    sets = {POOLED: lambda _: setup.train, **setup.device_data()}
    programs = {POOLED: setup.program, **setup.programs()}
    with setup.trainer(JUDGE) as trainer:
        backend = available_backend(JUDGE)
        with Examiner(backend, setup.shared, setup.test, config.run.workers) as examiner:
            jobs = {
                name: partial(
                    train_alone,
                    name,
                    setup=setup,
                    trainer=trainer,
                    program=programs[name],
                    data=data,
                    examiner=examiner,
                )
                for name, data in sets.items()
                if name not in known
            }
            if jobs:
                progress.stage("devices alone, and all data in one place")
                train_all(jobs, config.run.workers, progress.baseline_passed, store.save_baseline)
    found = store.baselines()
    return Baselines(tuple(found[name] for name in setup.names), found[POOLED])


def _result(
    records: list[RoundRecord], baselines: Baselines | None, program: Program, sheet: Sheet
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "program": program.digest,
        "rounds": [record.to_json() for record in records],
        "ledger": sheet.to_json(),
        "accuracy": final_accuracy(records),
        "bytes_up": sum(record.bytes_up for record in records),
        "bytes_down": sum(record.bytes_down for record in records),
        "best_single": None,
        "pooled": None,
    }
    if baselines is not None:
        best = baselines.best_single
        result["best_single"] = {"device": best.name, "accuracy": best.accuracy[-1]}
        result["pooled"] = {"accuracy": baselines.pooled.accuracy[-1]}
    return result
