"""The round loop: from a config to a trained Program."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import registry
from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed import wire
from lava_fed.accuracy import Examiner
from lava_fed.aggregate.aggregator import Aggregator, MasterState
from lava_fed.baseline import train_all, train_alone
from lava_fed.config import FederationConfig
from lava_fed.errors import RunError
from lava_fed.fleet import Fleet
from lava_fed.ledger import Energy, Traffic, energy
from lava_fed.local.device import Device
from lava_fed.local_fleet import LocalFleet
from lava_fed.observer import Observer
from lava_fed.progress import Progress
from lava_fed.record import POOLED, Baselines, RoundRecord
from lava_fed.session_pool import SessionPool
from lava_fed.setup import Setup, available_backend
from lava_fed.store import Store
from lava_fed.task import Task

JUDGE = "emulator"
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
    """

    out: Path
    records: tuple[RoundRecord, ...]
    baselines: Baselines | None
    program: Program

    @property
    def accuracy(self) -> float:
        """Of the final global model, 0..1."""
        return self.records[-1].accuracy


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
        Where the config does not fit, a device fails, or the run cannot be stored.
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
                "federation.devices": str(config.devices.count),
                "federation.aggregator": config.aggregate,
            },
        )
        store.finish(program, _result(records, baselines, program))
        progress.finish()
    return FederationResult(out, tuple(records), baselines, program)


def _rounds(
    setup: Setup, store: Store, observer: Observer, progress: Progress
) -> tuple[list[RoundRecord], Program]:
    """Run the rounds that are not stored yet; return all records and the Program with the final weights."""
    config, program = setup.config, setup.program
    aggregator: Aggregator = registry.find("aggregator", config.aggregate)()
    state = aggregator.init(program)
    records: list[RoundRecord] = []
    for record, stored in store.rounds(program):
        if weights_digest(aggregator.weights(stored)) != record.weights_digest:
            raise RunError(
                f"{store.out}: aggregator {config.aggregate!r} makes other weights of round {record.round} "
                "than when the run began; resume with the version of lava-fed that began it"
            )
        records.append(record)
        state = stored
        progress.round_done(record)
    if len(records) < config.rounds.count:
        workers = config.run.workers
        with (
            _local_fleet(setup) as fleet,
            Examiner(available_backend(JUDGE), program, setup.test, workers) as examiner,
        ):
            for number in range(len(records) + 1, config.rounds.count + 1):
                observer.stage(f"round {number} of {config.rounds.count}")
                record, state = run_round(setup, number, state, aggregator, fleet, examiner, progress)
                store.save_round(record, state)
                records.append(record)
                progress.round_done(record)
    return records, program.with_weights(dict(aggregator.weights(state)))


def run_round(
    setup: Setup,
    number: int,
    state: MasterState,
    aggregator: Aggregator,
    fleet: Fleet,
    examiner: Examiner,
    progress: Progress,
) -> tuple[RoundRecord, MasterState]:
    """Run one round: weights down, deltas up, aggregate, judge.

    Parameters
    ----------
    setup : Setup
        The run.
    number : int
        Number of the round, from 1.
    state : MasterState
        Before the round.
    aggregator, fleet, examiner
        Who combines, who learns, who judges.
    progress : Progress
        Told of every answer.

    Returns
    -------
    record : RoundRecord
    state : MasterState
        After the round.
    """
    config, program = setup.config, setup.program
    task = Task(program.digest, number, config.run.seed, config.rounds.passes, aggregator.weights(state))
    message = wire.encode_task(task, program)
    replies = fleet.exchange(
        dict.fromkeys(config.devices.names, message), lambda device: progress.device_done(number, device)
    )
    deltas, learned, counters = [], [], Counters()
    for device, expected in zip(config.devices.names, setup.parts, strict=True):
        try:
            delta, counted = wire.decode_update(replies[device], program)
            learned.append(delta.learned(program, task))
        except LavaFedError as error:
            raise type(error)(f"device {device}, round {number}: {error}") from error
        if (delta.device, delta.samples) != (device, len(expected)):
            raise LavaFedError(
                f"device {device}, round {number}: the answer is of {delta.device} with {delta.samples} samples, "
                f"expected {len(expected)}"
            )
        deltas.append(delta)
        counters = counters + counted
    state = aggregator.apply(state, deltas)
    weights = aggregator.weights(state)
    overall, *own = examiner.judge([weights, *learned])
    record = RoundRecord(
        round=number,
        accuracy=overall,
        device_accuracy=dict(zip(config.devices.names, own, strict=True)),
        samples={delta.device: delta.samples for delta in deltas},
        traffic=tuple(Traffic(name, len(message), len(replies[name])) for name in config.devices.names),
        counters=counters,
        clipped=state.clipped,
        weights_digest=weights_digest(weights),
    )
    return record, state


def weights_digest(weights: Mapping[str, NDArray[np.int16]]) -> str:
    """SHA-256 of weights by connection, 64 hexadecimal digits."""
    sha = hashlib.sha256()
    for name in sorted(weights):
        sha.update(repr((name, weights[name].shape)).encode())
        sha.update(np.ascontiguousarray(weights[name], "<i2").tobytes())
    return sha.hexdigest()


def _local_fleet(setup: Setup) -> LocalFleet:
    devices = setup.config.devices
    sessions = {
        name: SessionPool(available_backend(name), setup.program)
        for name in {devices.backend, *devices.backends.values()}
    }
    return LocalFleet(
        [
            Device(name, data, sessions[devices.backends.get(name, devices.backend)])
            for name, data in setup.device_data().items()
        ],
        setup.config.run.workers,
    )


def _baselines(setup: Setup, store: Store, progress: Progress) -> Baselines:
    config = setup.config
    known = store.baselines()
    for name in known:
        progress.baseline_known(name)
    # The longest training begins first, so that no worker waits for it alone.
    sets = {POOLED: setup.train, **setup.device_data()}
    aggregator: Aggregator = registry.find("aggregator", config.aggregate)()
    base = aggregator.weights(aggregator.init(setup.program))
    sessions = SessionPool(available_backend(JUDGE), setup.program)
    jobs = {
        name: partial(
            train_alone,
            name,
            sessions=sessions,
            data=data,
            test=setup.test,
            base=base,
            seed=config.run.seed,
            rounds=config.rounds.count,
            passes=config.rounds.passes,
        )
        for name, data in sets.items()
        if name not in known
    }
    if jobs:
        progress.stage("devices alone, and all data in one place")
        with sessions:
            train_all(jobs, config.run.workers, progress.baseline_passed, store.save_baseline)
    found = store.baselines()
    return Baselines(tuple(found[name] for name in config.devices.names), found[POOLED])


def _energies(records: list[RoundRecord], program: Program) -> list[Energy | None]:
    return [energy(program, record.counters, record.samples) for record in records]


def _result(records: list[RoundRecord], baselines: Baselines | None, program: Program) -> dict[str, Any]:
    result: dict[str, Any] = {
        "program": program.digest,
        "rounds": [record.to_json() for record in records],
        "energy": [None if spent is None else spent.to_json() for spent in _energies(records, program)],
        "accuracy": records[-1].accuracy,
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
