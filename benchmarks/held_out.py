"""A folder of the MNIST family in which the last training images stand in for the test set."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.data.idx import UNSIGNED_BYTES
from lava_fed.data.images import SPLITS, Images


def hold_out(folder: Path, count: int, into: Path) -> None:
    """Write the training images without the last ``count``, and those as the test set.

    Parameters
    ----------
    folder : Path
        Holds the family's files.
    count : int
        Images to hold out, at least 1.
    into : Path
        An empty folder.

    Raises
    ------
    LavaFedError
        Where no image would be left to learn from.
    """
    images = Images.read(folder, "train")
    if not 0 < count < len(images):
        raise LavaFedError(
            f"of {len(images):,} training images, 1 to {len(images) - 1:,} can be held out, not {count}"
        )
    kept = len(images) - count
    for split, part in (("train", slice(kept)), ("test", slice(kept, None))):
        write(into / f"{SPLITS[split]}-images-idx3-ubyte", images.pixels[part])
        write(into / f"{SPLITS[split]}-labels-idx1-ubyte", images.y[part].astype(np.uint8))


def write(path: Path, values: NDArray[np.uint8]) -> None:
    """Write an array of bytes as an IDX file."""
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, UNSIGNED_BYTES, values.ndim, *values.shape)
    path.write_bytes(head + values.tobytes())
