"""One round on one device: take the base weights, learn on chip, say what changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hardware.counters import Counters
from hardware.session import Session
from lava_fed.data.dataset import DataSet
from lava_fed.delta import WeightDelta
from lava_fed.task import Task, check_shapes


@dataclass(frozen=True)
class LocalRecord:
    """What happened on the device beside the learning.

    Attributes
    ----------
    seed : int
        Seed that ``Session.learn`` was given.
    presented : int
        Samples shown, every pass counted.
    counters : Counters
        Events on the chip.
    """

    seed: int
    presented: int
    counters: Counters


def local_round(session: Session, task: Task, data: DataSet, device: str) -> tuple[WeightDelta, LocalRecord]:
    """Learn one round; a pure function of its arguments, whatever the session did before.

    Every pass shows all samples in a new order. Order and seed come from ``Task.streams``.

    Parameters
    ----------
    session : Session
        The Program on a backend; its weights are overwritten by the task's.
    task : Task
        The work; that it is for the session's Program is what ``wire.decode_task`` checks.
    data : DataSet
        The device's own labelled samples.
    device : str
        The device's name.

    Raises
    ------
    LavaFedError
        Where weights, data or backend do not fit.
    """
    check_shapes(session.program, task.weights, "task")
    rng, seed = task.streams(device)
    order = np.concatenate([rng.permutation(len(data)) for _ in range(task.passes)])
    session.write_weights(task.weights)
    result = session.learn(data.x.take(order), data.labels[order], seed=seed, layers=())
    learned = session.weights()
    change = {name: learned[name].astype(np.int32) - base for name, base in task.weights.items()}
    delta = WeightDelta(task.program, device, task.round, len(data), change)
    return delta, LocalRecord(seed, len(order), result.counters)
