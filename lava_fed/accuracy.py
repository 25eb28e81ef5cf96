"""The share of samples that a Program labels rightly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.backend import Backend
from hardware.program import Program
from hardware.session import Session
from lava_fed.data.dataset import DataSet
from lava_fed.learning.samples import Samples
from lava_fed.session_pool import SessionPool

BATCH = 512
"""Samples per run, which bounds memory."""


def accuracy(session: Session, data: Samples, weights: Mapping[str, NDArray[Any]]) -> float:
    """Return the accuracy of ``weights`` on ``data``.

    The output unit with most spikes wins; among equals, the one with the lowest index.

    Parameters
    ----------
    session : Session
        The Program on a backend; its weights are overwritten.
    data : Samples
        Labelled samples.
    weights : mapping of str to integer array, shape (targets, sources)
        Weights of every connection that learns.

    Returns
    -------
    float
        0..1.
    """
    session.write_weights(weights)
    output = session.program.network.output.name
    right = 0
    for first in range(0, len(data), BATCH):
        batch = data.take(slice(first, first + BATCH))
        winners = session.run(batch.x, layers=[output]).scores(output).argmax(axis=1)
        right += int(np.count_nonzero(winners == batch.labels))
    return right / len(data)


class Examiner:
    """Judges several sets of weights at once, on a session for each worker; use it as a context manager."""

    def __init__(self, backend: Backend, program: Program, data: DataSet, workers: int) -> None:
        self._data = data
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="examiner")
        self._sessions = SessionPool(backend, program)

    def _judge(self, weights: Mapping[str, NDArray[Any]]) -> float:
        with self._sessions.lend() as session:
            return accuracy(session, self._data, weights)

    def judge(self, candidates: Sequence[Mapping[str, NDArray[Any]]]) -> list[float]:
        """Return the accuracy of each candidate, in their order."""
        return list(self._pool.map(self._judge, candidates))

    def __enter__(self) -> Examiner:
        """Return the examiner."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for work under way and release the sessions."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._sessions.close()
