"""Edge aggregators: each combines what some devices sent, then forwards one message to the coordinator.

The message is a frame of kind ``edge`` with the body::

    program 8 | edge | devices | weight | shift of each connection ... | matrices

Numbers are LEB128. The body holds, for each connection by name, an exact sum where the rule is a mean, else the
change that the edge's rule made: integers below 2^61, less the zero bits that all of them end with (the
shift), split at bit 31 into two matrices that travel as those of an update do (``codec/stream.py``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lava_fed.codec import stream, varint
from lava_fed.errors import WireError
from lava_fed.messages import frame
from lava_fed.shared import Shared

KIND = "edge"
MARK = 8
"""Bytes of the Program's digest."""
PART_BITS = 31
VALUE_BITS = 61
"""Magnitudes are 2^61 at most."""
_NUMBER = re.compile(r"(\d{1,9})\D*$")


@dataclass(frozen=True, eq=False)
class EdgeMessage:
    """What an edge forwards.

    Attributes
    ----------
    edge : int
        Its number, from 0.
    devices : int
        How many devices it heard.
    weight : int
        Their weights in a mean, in all.
    values : mapping of str to int64 array, shape (targets, sources)
        Sum or change of each connection, its magnitude below 2^61.
    """

    edge: int
    devices: int
    weight: int
    values: Mapping[str, NDArray[np.int64]]

    @property
    def name(self) -> str:
        """Name of the edge."""
        return f"edge-{self.edge}"

    def encode(self, shared: Shared) -> bytes:
        """Return the message."""
        shared.check(self.values, self.name)
        shifts, parts = [], {}
        for name in shared.names:
            values = self.values[name]
            used = int(np.bitwise_or.reduce(values, axis=None))
            shift = (used & -used).bit_length() - 1 if used else 0
            low = _low(values >> shift)
            shifts.append(shift)
            parts[_low_name(name)] = low.astype(np.int32)
            parts[name] = (((values >> shift) - low) >> PART_BITS).astype(np.int32)
        head = varint.encode(self.edge, self.devices, self.weight, *shifts)
        return frame.wrap(KIND, _mark(shared) + head + stream.pack(parts))

    @classmethod
    def decode(cls, data: bytes, shared: Shared) -> EdgeMessage:
        """Read a message.

        Raises
        ------
        WireError
            Where the bytes are anything but a sound message of an edge of this federation.
        """
        body = frame.unwrap(data, KIND)
        if body[:MARK] != _mark(shared):
            raise WireError("the message of an edge is for another Program; give both sides the same")
        numbers, offset = [], MARK
        for what in ("edge", "devices", "weight", *(f"shift of {name}" for name in shared.names)):
            value, offset = varint.decode(body, offset, what)
            numbers.append(value)
        edge, devices, weight, *shifts = numbers
        shapes = {key: shared.shapes[name] for name in shared.names for key in (name, _low_name(name))}
        parts = stream.unpack(body[offset:], shapes)
        values = {}
        for name, shift in zip(shared.names, shifts, strict=True):
            high, low = parts[name].astype(np.int64), parts[_low_name(name)].astype(np.int64)
            joined = (high << PART_BITS) + low
            fits = shift <= VALUE_BITS and int(np.abs(joined).max()) << shift <= 1 << VALUE_BITS
            if not fits or not np.array_equal(_low(low), low):
                raise WireError(f"the message of an edge has values of {name} that it must not; send it again")
            values[name] = joined << shift
        if devices < 1 or weight < 1:
            raise WireError("the message of an edge is of no device; send it again")
        return cls(edge, devices, weight, values)


def groups(devices: Sequence[str], edges: int) -> dict[int, list[int]]:
    """Return the indices of the devices that report to each edge which hears anyone.

    A device belongs to the edge that the number at the end of its name leaves over when divided by the number of
    edges: device-7 of three edges to edge 1. A name without a number counts as the SHA-256 of its letters. So it
    does not matter who else takes part.

    Examples
    --------
    >>> groups(["device-0", "device-1", "device-3"], 3)
    {0: [0, 2], 1: [1]}
    """
    found: dict[int, list[int]] = {}
    for index, device in enumerate(devices):
        number = _NUMBER.search(device)
        whole = int(number[1]) if number else int.from_bytes(hashlib.sha256(device.encode()).digest(), "big")
        found.setdefault(whole % edges, []).append(index)
    return dict(sorted(found.items()))


def _low(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the lower 31 bits as a signed number, so that small values have no upper part."""
    half = 1 << (PART_BITS - 1)
    return ((values + half) & ((1 << PART_BITS) - 1)) - half


def _low_name(name: str) -> str:
    return f"{name} low"


def _mark(shared: Shared) -> bytes:
    return bytes.fromhex(shared.program.digest)[:MARK]
