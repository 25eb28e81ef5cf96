"""Trainings to compare with: each device alone, and all data in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.accuracy import accuracy
from lava_fed.data.dataset import DataSet
from lava_fed.local.round import local_round
from lava_fed.record import Baseline
from lava_fed.session_pool import SessionPool
from lava_fed.task import Task

Weights = dict[str, NDArray[np.int16]]


def train_alone(
    name: str,
    passed: Callable[[], None],
    *,
    sessions: SessionPool,
    data: DataSet,
    test: DataSet,
    base: Mapping[str, NDArray[Any]],
    seed: int,
    rounds: int,
    passes: int,
) -> tuple[Baseline, Weights]:
    """Learn as a device does, round after round, but keep the learned weights as they are in between.

    Parameters
    ----------
    name : str
        Decides the random streams, as a device's name does.
    passed : callable
        Called after each round.
    sessions : SessionPool
        Of what is trained.
    data, test : DataSet
        What it learns from and is judged on.
    base : mapping of str to int16 array, shape (targets, sources)
        Weights at the start.
    seed, rounds, passes : int
        As in the federation.

    Returns
    -------
    baseline : Baseline
    weights : dict of str to int16 array
        The final weights.
    """
    digest, curve, weights = sessions.program.digest, [], dict(base)
    with sessions.lend() as session:
        for number in range(1, rounds + 1):
            task = Task(digest, number, seed, passes, weights)
            local_round(session, task, data, name)
            weights = dict(session.weights())
            curve.append(accuracy(session, test, weights))
            passed()
    return Baseline(name, len(data), tuple(curve)), weights


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
