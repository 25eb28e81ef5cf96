"""What a device has to learn from in each round, where classes come one group after the other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.config.course import TasksConfig
from lava_fed.learning.samples import Samples, labels_of

_STREAM = 7
"""Sets the order of tasks apart from all other streams of a seed."""


@dataclass(frozen=True, eq=False)
class TaskData:
    """A device's samples by turn.

    Attributes
    ----------
    tasks : tuple of Samples
        Those of each task, in the order in which this device meets them; a single one where nothing is split.
    order : tuple of int
        Which task of the config each is.
    rounds_each : int
        Turns of each task; the last one stays.
    """

    tasks: tuple[Samples, ...]
    order: tuple[int, ...] = (0,)
    rounds_each: int = 1

    def place(self, turn: int) -> int:
        """Return which of ``tasks`` a turn, counted from 1, belongs to."""
        return min((turn - 1) // self.rounds_each, len(self.tasks) - 1)

    def __call__(self, turn: int) -> Samples:
        """Return the samples of a turn, counted from 1."""
        return self.tasks[self.place(turn)]


def at(tasks: TasksConfig, samples: Samples, name: str, seed: int) -> TaskData:
    """Split a device's samples into those of each task.

    Parameters
    ----------
    tasks : TasksConfig
        Classes of each task, in the order in which they come; empty for one task with all classes.
    samples : Samples
        Everything that the device has.
    name : str
        Of the device.
    seed : int
        Of the run; decides each device's order where the config wants them shuffled.

    Raises
    ------
    LavaFedError
        Where the device has no sample of a task.
    """
    if not tasks.split:
        return TaskData((samples,))
    order = order_of(tasks, name, seed)
    labels, parts = labels_of(samples), []
    for number in order:
        chosen = np.flatnonzero(np.isin(labels, tasks.split[number]))
        if not chosen.size:
            raise LavaFedError(
                f"device {name} has no sample of task {number + 1} (classes "
                f"{', '.join(map(str, tasks.split[number]))}); deal the samples more evenly "
                '(devices.partition = "iid", or a greater devices.alpha)'
            )
        parts.append(samples.only(chosen))
    return TaskData(tuple(parts), order, tasks.rounds_each)


def order_of(tasks: TasksConfig, name: str, seed: int) -> tuple[int, ...]:
    """Return the order in which a device meets the tasks, as indices into ``tasks.split``."""
    if not tasks.shuffled:
        return tuple(range(len(tasks.split)))
    rng = np.random.default_rng(
        [_STREAM, seed, int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "little")]
    )
    return tuple(int(number) for number in rng.permutation(len(tasks.split)))


def check_classes(tasks: TasksConfig, samples: Samples) -> None:
    """Check that there are samples of every class that a task has.

    Raises
    ------
    LavaFedError
        Naming the first class without.
    """
    found = set(labels_of(samples).tolist())
    for number, classes in enumerate(tasks.split, 1):
        for label in classes:
            if label not in found:
                raise LavaFedError(
                    f"tasks.split: task {number} has class {label}, and {samples.title} has no sample of it, only "
                    f"of classes {', '.join(map(str, sorted(found)[:20]))}{', ...' if len(found) > 20 else ''}; "
                    "take others"
                )


def exams(tasks: TasksConfig, test: Samples) -> tuple[Samples, ...]:
    """Return the test samples of each task, in the config's order.

    Raises
    ------
    LavaFedError
        Where a task has none.
    """
    labels: NDArray[np.int32] = labels_of(test)
    parts = []
    for number, classes in enumerate(tasks.split, 1):
        chosen = np.flatnonzero(np.isin(labels, classes))
        if not chosen.size:
            raise LavaFedError(
                f"{test.title}: no test sample is of task {number} (classes {', '.join(map(str, classes))}); "
                "take other classes or another test set"
            )
        parts.append(test.only(chosen))
    return tuple(parts)
