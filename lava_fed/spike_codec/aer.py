"""The form of addresses of those who spike, with the time between them.

Numbers in LEB128: how many steps have events; for each the steps since the last one that has, less one; how many
events it has; for each event the units since the last one of its step, less one; of graded ones the messages, with
the sign in the lowest bit. (Address-event representation: Mahowald 1992; Boahen 2000.)
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.errors import WireError
from lava_fed.spike_codec.form import Form, Rows
from lava_fed.spike_codec.numbers import decode_all, encode_all


class Aer(Form):
    """Addresses and gaps of time; best where few spike."""

    name: ClassVar[str] = "aer"
    number: ClassVar[int] = 2

    def encode(self, rows: Rows, steps: int) -> bytes:  # noqa: ARG002
        """Return the events."""
        row, unit = np.nonzero(rows)
        times, counts = np.unique(row, return_counts=True)
        units = _gaps(unit)
        starts = np.cumsum(counts) - counts
        units[starts] = unit[starts]
        parts = [np.array([len(times)]), _gaps(times), counts, units]
        if rows.dtype != np.uint8:
            messages = rows[row, unit].astype(np.int64)
            parts.append(np.where(messages < 0, -2 * messages - 1, 2 * messages))
        return encode_all(np.concatenate(parts).astype(np.int64))

    def decode(self, body: bytes, shape: tuple[int, int], steps: int, *, graded: bool) -> Rows:  # noqa: ARG002
        """Return the rows of the events."""
        numbers = decode_all(body)
        active = int(numbers[0]) if numbers.size else -1
        counts = numbers[1 + active : 1 + 2 * active]
        events = int(counts.sum())
        if active < 0 or len(numbers) != 1 + 2 * active + (1 + graded) * events or not counts.all():
            raise WireError("train of spikes does not have as many events as it says; send it again")
        times = np.cumsum(numbers[1 : 1 + active] + 1) - 1
        gaps = numbers[1 + 2 * active : 1 + 2 * active + events]
        sums = np.cumsum(gaps + 1)
        before = np.concatenate([[0], sums])[np.cumsum(counts) - counts]
        unit = sums - np.repeat(before, counts) - 1
        if events and (times[-1] >= shape[0] or unit.max() >= shape[1]):
            raise WireError(f"train of spikes has an event outside its {shape[0]} steps and {shape[1]} units")
        rows: Rows = np.zeros(shape, np.int32) if graded else np.zeros(shape, np.uint8)
        rows[np.repeat(times, counts), unit] = _messages(numbers[1 + 2 * active + events :]) if graded else 1
        return rows


def _gaps(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distances to the element before, less one; of the first to -1."""
    return np.diff(ascending, prepend=-1) - 1


def _messages(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    if (numbers == 0).any() or (numbers > 2**32).any():
        raise WireError("train of spikes has a message of 0 or beyond 32 bits")
    messages = np.where(numbers & 1, -(numbers >> 1) - 1, numbers >> 1)
    if messages.size and messages.max() >= 2**31:
        raise WireError("train of spikes has a message beyond 32 bits")
    return messages
