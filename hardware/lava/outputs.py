"""The files in which a call leaves what it has seen."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hardware.errors import BackendError
from hardware.lava.call import Call
from hardware.lava.graph import Graph

_NAMES = "outputs.json"


def reserve(graph: Graph, call: Call, probes: Sequence[str], folder: Path) -> None:
    """Make a file for each output of a call and list them in the folder.

    Parameters
    ----------
    graph : Graph
        Knows their shapes.
    call : Call
        Knows their length.
    probes : sequence of str
        States to record.
    folder : Path
        The call's.
    """
    known = {name: ((call.steps, *shape), kind) for name, (shape, kind) in graph.spikes.items()}
    for probe in probes:
        name = f"probe/{probe}"
        shape = graph.constants[name].shape if name in graph.constants else graph.states[name]
        known[name] = (call.steps, *shape), np.int32
    if call.lesson is not None:
        known |= {name: (shape, np.int32) for name, shape in graph.weights.items()}
    files = {name: f"{index}.npy" for index, name in enumerate(known)}
    for name, (shape, kind) in known.items():
        make(folder / files[name], name, shape, kind)
    for name, value in graph.constants.items():
        if name in files:
            np.load(folder / files[name], mmap_mode="r+")[:] = value
    (folder / _NAMES).write_text(json.dumps(files), encoding="utf-8")


def make(file: Path, name: str, shape: tuple[int, ...], kind: DTypeLike) -> None:
    """Make a ``.npy`` file of full size, so that a full disk is noticed now and not by a crash later.

    Raises
    ------
    BackendError
        Where there is no room.
    """
    try:
        create: Any = np.lib.format.open_memmap
        create(file, mode="w+", dtype=kind, shape=shape)
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    except OSError as error:
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize
        raise BackendError(
            f"{name} needs {size} bytes in the temporary folder {file.parents[2]}, which fails: "
            f"{error.strerror}; free space, set TMPDIR, or record less"
        ) from error


def collect(folder: Path) -> dict[str, NDArray[Any]]:
    """Read all outputs of a call."""
    files = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
    return {name: np.load(folder / file, allow_pickle=False) for name, file in files.items()}
