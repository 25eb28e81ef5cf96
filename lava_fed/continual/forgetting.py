"""How much of earlier tasks is left: the accuracy on each task after each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import frozen
from lava_fed.config.course import TasksConfig
from lava_fed.runs.record import RoundRecord


@dataclass(frozen=True, eq=False)
class Forgetting:
    """The matrix R of a sequence of tasks, and what is read off it.

    Attributes
    ----------
    accuracy : float64 array, shape (tasks, tasks)
        ``R[i, j]``: accuracy on task j, 0..1, after task i was learned; above the diagonal, on tasks to come.
        Read-only.

    Raises
    ------
    LavaFedError
        Where it is not square, has fewer than two tasks, or an entry lies outside 0..1.

    Examples
    --------
    >>> found = Forgetting(np.array([[0.9, 0.1], [0.6, 0.8]]))
    >>> found.average, round(found.backward_transfer, 3), round(found.forgetting, 3)
    (0.7, -0.3, 0.3)
    """

    accuracy: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check shape and range, and freeze the matrix."""
        matrix = np.asarray(self.accuracy, np.float64)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
            raise LavaFedError(
                f"a forgetting matrix has a row and a column for each of at least two tasks, found {matrix.shape}"
            )
        if not ((matrix >= 0) & (matrix <= 1)).all():
            raise LavaFedError("a forgetting matrix holds accuracies, 0..1")
        object.__setattr__(self, "accuracy", frozen(matrix))

    @classmethod
    def of_rounds(cls, rounds: NDArray[np.float64], rounds_each: int) -> Forgetting:
        """Choose the last round of each task.

        Parameters
        ----------
        rounds : float64 array, shape (rounds, tasks)
            Accuracy on each task after each round.
        rounds_each : int
            Rounds of each task, at least 1.
        """
        return cls(np.asarray(rounds)[rounds_each - 1 :: rounds_each])

    @property
    def average(self) -> float:
        """Mean accuracy on all tasks after the last (Lopez-Paz and Ranzato, NIPS 2017, equation 2)."""
        return float(self.accuracy[-1].mean())

    @property
    def backward_transfer(self) -> float:
        """Mean of ``R[T, j] - R[j, j]`` over all tasks but the last, below 0 where some is lost (equation 3)."""
        return float((self.accuracy[-1] - self.accuracy.diagonal())[:-1].mean())

    @property
    def forgetting(self) -> float:
        """Mean of ``max R[i, j] - R[T, j]``, i < T, over all tasks but the last (Chaudhry et al., ECCV 2018)."""
        return float((self.accuracy[:-1].max(axis=0) - self.accuracy[-1])[:-1].mean())

    def to_json(self) -> dict[str, Any]:
        """Return the matrix and what is read off it, as JSON values."""
        return {
            "accuracy": self.accuracy.tolist(),
            "average": self.average,
            "forgetting": self.forgetting,
            "backward_transfer": self.backward_transfer,
        }

    def forward_transfer(self, before: NDArray[np.float64]) -> float:
        """Return the mean of ``R[j - 1, j] - before[j]`` over all tasks but the first (equation 4).

        Parameters
        ----------
        before : float64 array, shape (tasks,)
            Accuracy on each task before anything was learned.
        """
        return float((self.accuracy.diagonal(1) - np.asarray(before)[1:]).mean())


def forgetting_of(records: Sequence[RoundRecord], tasks: TasksConfig) -> Forgetting | None:
    """Read the matrix off a run; ``None`` where there are fewer than two tasks, or no common order of them.

    Parameters
    ----------
    records : sequence of RoundRecord
        All rounds.
    tasks : TasksConfig
        Which tasks there were; the last round of each was judged.
    """
    if len(tasks.split) < 2 or tasks.shuffled:
        return None
    ends = records[tasks.rounds_each - 1 :: tasks.rounds_each]
    return Forgetting(np.array([record.task_accuracy for record in ends], np.float64))


def by_task(
    right: NDArray[np.bool_], labels: NDArray[np.integer[Any]], split: tuple[tuple[int, ...], ...]
) -> list[float]:
    """Return the share of each task's samples that are labelled rightly.

    Parameters
    ----------
    right : bool array, shape (samples,)
        Whether each test sample is labelled rightly.
    labels : integer array, shape (samples,)
        Their classes.
    split : tuple of tuple of int
        Classes of each task.

    Raises
    ------
    LavaFedError
        Where a task has no sample.
    """
    found = []
    for number, classes in enumerate(split, 1):
        chosen = np.isin(labels, classes)
        if not chosen.any():
            raise LavaFedError(f"task {number} has no test sample (classes {', '.join(map(str, classes))})")
        found.append(float(right[chosen].mean()))
    return found
