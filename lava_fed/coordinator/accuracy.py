"""The share of samples that a Program labels rightly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.backend import Backend
from hardware.session import Session
from lava_fed.learning.samples import Samples
from lava_fed.session_pool import SessionPool
from lava_fed.shared import Shared

BATCH = 512
"""Samples per run, which bounds memory."""


def accuracy(session: Session, data: Samples) -> float:
    """Return the accuracy of a session's present weights on ``data``.

    The output unit with most spikes wins; among equals, the one with the lowest index.

    Parameters
    ----------
    session : Session
        A Program on a backend.
    data : Samples
        Labelled samples.

    Returns
    -------
    float
        0..1.
    """
    return float(np.count_nonzero(rightly(session, data)) / len(data))


def rightly(session: Session, data: Samples) -> NDArray[np.bool_]:
    """Return which samples a session's present weights label rightly, shape (samples,); see ``accuracy``."""
    output = session.program.network.output.name
    right = np.empty(len(data), np.bool_)
    for first in range(0, len(data), BATCH):
        batch = data.take(slice(first, first + BATCH))
        winners = session.run(batch.x, layers=[output]).scores(output).argmax(axis=1)
        right[first : first + BATCH] = winners == batch.labels
    return right


class Examiner:
    """Judges several sets of weights at once, on a session for each worker; use it as a context manager.

    Parameters
    ----------
    backend : Backend
        Where they are judged.
    shared : Shared
        What they are the weights of; connections that learn and are not shared keep those of the Program.
    data : Samples
        Labelled samples.
    workers : int
        Threads.
    """

    def __init__(self, backend: Backend, shared: Shared, data: Samples, workers: int) -> None:
        self._shared, self._data, self._backend = shared, data, backend
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="examiner")
        self._sessions = SessionPool(backend, shared.program)

    def _judge(self, weights: Mapping[str, NDArray[Any]], data: Samples) -> float:
        if not self._shared.learns:  # weights that no rule changes are part of what is loaded
            with self._backend.load(self._shared.program_with(weights)) as session:
                return accuracy(session, data)
        with self._sessions.lend() as session:
            session.write_weights({**self._shared.program.weights(), **weights})
            return accuracy(session, data)

    def judge(self, candidates: Sequence[Mapping[str, NDArray[Any]]]) -> list[float]:
        """Return the accuracy of each candidate, in their order."""
        return list(self._pool.map(lambda weights: self._judge(weights, self._data), candidates))

    def exam(self, weights: Mapping[str, NDArray[Any]], tasks: Sequence[Samples]) -> tuple[float, ...]:
        """Return the accuracy of one set of weights on each of several sets of samples."""
        return tuple(self._pool.map(lambda data: self._judge(weights, data), tasks))

    def __enter__(self) -> Examiner:
        """Return the examiner."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for work under way and release the sessions."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._sessions.close()
