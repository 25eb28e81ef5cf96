"""The form of one bit for each unit and step."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from lava_fed.errors import WireError
from lava_fed.spike_codec.form import Form, Rows


class Raster(Form):
    """Eight units a byte, the first one highest, rows without gaps between them; best where many spike."""

    name: ClassVar[str] = "raster"
    number: ClassVar[int] = 1
    grades: ClassVar[bool] = False

    def encode(self, rows: Rows, steps: int) -> bytes:  # noqa: ARG002
        """Return the bits."""
        return np.packbits(rows.astype(np.uint8).ravel()).tobytes()

    def decode(self, body: bytes, shape: tuple[int, int], steps: int, *, graded: bool) -> Rows:  # noqa: ARG002
        """Return the rows of the bits."""
        count = shape[0] * shape[1]
        if len(body) != (count + 7) // 8:
            raise WireError(f"raster of {shape[0]} x {shape[1]} bits has {len(body)} bytes; send it again")
        bits = np.unpackbits(np.frombuffer(body, np.uint8))
        if bits[count:].any():
            raise WireError("raster has stray bits at its end")
        return bits[:count].reshape(shape)
