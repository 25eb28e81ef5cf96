"""The contract of a form: rows of messages as bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.uint8] | NDArray[np.int32]
"""Messages, shape (rows, units): the steps of each sample, sample by sample; 0 where a unit is silent."""


class Form(ABC):
    """One way to write rows of messages."""

    name: ClassVar[str]
    """How it is asked for."""
    number: ClassVar[int]
    """In the frame."""
    grades: ClassVar[bool] = True
    """Whether it can write graded messages."""

    @abstractmethod
    def encode(self, rows: Rows, steps: int) -> bytes:
        """Return the bytes of ``rows``, of which ``steps`` are a sample."""

    @abstractmethod
    def decode(self, body: bytes, shape: tuple[int, int], steps: int, *, graded: bool) -> Rows:
        """Return rows of ``shape``.

        Raises
        ------
        WireError
            Where the bytes are not the one encoding of such rows.
        """
