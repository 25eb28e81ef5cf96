"""Trainings to compare with: each device alone, and all data in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.program import Program
from lava_fed.aggregate.aggregator import MasterState, requantize
from lava_fed.coordinator.accuracy import Examiner
from lava_fed.coordinator.schedule import halvings, judged
from lava_fed.coordinator.setup import Setup
from lava_fed.learning.samples import Samples
from lava_fed.local.personal import recalled
from lava_fed.local.trainer import Job, Trainer
from lava_fed.messages.task import Task
from lava_fed.runs.baseline import Baseline

Weights = dict[str, NDArray[np.int16]]


def train_alone(
    name: str,
    passed: Callable[[], None],
    *,
    setup: Setup,
    trainer: Trainer,
    program: Program,
    data: Callable[[int], Samples],
    examiner: Examiner,
) -> tuple[Baseline, Weights]:
    """Learn as a device does, round after round, but keep what was learned in between.

    Parameters
    ----------
    name : str
        Decides the random streams, as a device's name does.
    passed : callable
        Called after each round.
    setup : Setup
        The federation that it is compared with.
    trainer : Trainer
        How it learns.
    program : Program
        What it learns on.
    data : callable
        Returns its samples in a turn.
    examiner : Examiner
        Judges it, after the same rounds as the federation.

    Returns
    -------
    baseline : Baseline
    weights : dict of str to int16 array
        The final weights.
    """
    config = setup.config
    curve: list[float] = []
    memory: dict[str, NDArray[Any]] = {}
    state = MasterState.of(setup.shared)

    def whole() -> Weights:
        return {**requantize(state), **recalled(memory, setup.shared.personal)}

    for number in range(1, config.rounds.count + 1):
        task = Task(
            program=setup.program.digest,
            turn=number,
            version=number - 1,
            seed=config.run.seed,
            halvings=halvings(config, number),
            acknowledged=number - 1,
            weights=requantize(state),
        )
        outcome = trainer.work(Job(setup.shared, program, task, data(number), name, setup.work, memory))
        memory = dict(outcome.memory)
        state = state.moved({each: state.arrays[each] + outcome.change[each] for each in state.arrays})
        if judged(config, number):
            curve += examiner.judge([whole()])
        passed()
    return Baseline(name, len(data(1)), tuple(curve)), whole()


def train_all(
    jobs: Mapping[str, Callable[[Callable[[], None]], tuple[Baseline, Weights]]],
    workers: int,
    passed: Callable[[str], None],
    done: Callable[[Baseline, Weights], None],
) -> None:
    """Run trainings on worker threads.

    Parameters
    ----------
    jobs : mapping of str to callable
        A training by name; it is given what to call after each of its rounds.
    workers : int
        Threads.
    passed : callable
        Called from this thread with a name after each round of that training.
    done : callable
        Called from this thread with each result, in order of completion.
    """
    events: SimpleQueue[str | None] = SimpleQueue()
    with ThreadPoolExecutor(workers, thread_name_prefix="baseline") as pool:
        futures = [
            pool.submit(job, lambda name=name: events.put(name))  # type: ignore[misc]
            for name, job in jobs.items()
        ]
        for future in futures:
            future.add_done_callback(lambda _: events.put(None))
        waiting = set(futures)
        try:
            while waiting:
                if (name := events.get()) is not None:
                    passed(name)
                    continue
                for future in [future for future in waiting if future.done()]:
                    waiting.remove(future)
                    done(*future.result())
        finally:
            for future in waiting:
                future.cancel()
