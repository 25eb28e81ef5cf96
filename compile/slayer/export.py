"""Atomic export to SLAYER's ``.net`` format."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from hardware import container


def encode_net(module: Any) -> bytes:
    """Return the bytes of a ``.net`` file, written by SLAYER's own ``block.export_hdf5``.

    The same weights give the same bytes: no times are stored.

    Parameters
    ----------
    module : torch.nn.ModuleList
        SLAYER blocks that have run forward once, so that they know their shape.
    """
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=("v110", "v110")) as file:
        layers = file.create_group("layer")
        for index, block in enumerate(module):
            block.export_hdf5(layers.create_group(str(index)))
    return buffer.getvalue()


def export_net(module: Any, path: Path) -> None:
    """Write a ``.net`` file; an existing one is replaced only once the new one is complete on disk.

    Parameters
    ----------
    module : torch.nn.ModuleList
        SLAYER blocks.
    path : Path
        Where.

    Raises
    ------
    ContainerError
        Where the file cannot be written.
    """
    container.write_bytes(path, encode_net(module))
