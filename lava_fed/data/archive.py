"""DATA.npz: input ``x`` of shape (samples, *shape, steps), labels ``y``, owners ``owner``, in NumPy's zip archive.

``x`` holds plain spikes (0 and 1), graded messages (other integers), or real numbers where the network has an
encoder for them; without one, floating-point numbers that are whole are taken as integers, as PyTorch keeps
spikes. An image that stays the same has no axis of steps; the reader is told for how many to show it.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import container
from hardware.encoder import Encoder
from lava_fed.data.dataset import DataSet
from lava_fed.data.source import Source


def write(path: Path, data: DataSet) -> None:
    """Write a data set atomically; equal data sets give equal bytes.

    Parameters
    ----------
    path : Path
        Where.
    data : DataSet
        ``x`` is stored with shape (samples, units, steps), ``y`` and ``owner`` where they are known.

    Raises
    ------
    ContainerError
        Where the file cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {"x": np.moveaxis(data.x.values, 1, 2)}
    if data.y is not None:
        arrays["y"] = data.y
    if data.owners is not None:
        arrays["owner"] = np.array(data.owners.names)[data.owners.index]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            little = array.astype(array.dtype.newbyteorder("<"))
            np.save(member, np.ascontiguousarray(little), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    container.write_bytes(path, buffer.getvalue())


def read(
    path: Path,
    *,
    encoder: Encoder | None = None,
    steps: int | None = None,
    shape: tuple[int, ...] | None = None,
) -> DataSet:
    """Read a data set and check all of it.

    Parameters
    ----------
    path : Path
        The archive.
    encoder : Encoder, optional
        The network's, for real numbers.
    steps : int, optional
        ``x`` has no axis of steps: show each sample for that many.
    shape : tuple of int, optional
        What a sample of one step must be, where it has several axes; any without it.

    Returns
    -------
    DataSet
        The axes between samples and steps are flattened in row-major order into units; ``classes`` is the
        largest label plus one, or 1 where there are no labels. ``notes`` say what the encoder did not do as one
        might expect.

    Raises
    ------
    ContainerError
        Where the file is missing, damaged, too large, or holds anything but ``x``, ``y`` and ``owner``;
        where it holds real numbers and there is no encoder; where the axes are not those of ``shape``.
    """
    with Source(path, encoder=encoder, steps=steps, shape=shape, whole=True) as source:
        return source.take(source.samples)
