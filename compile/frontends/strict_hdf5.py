"""Reading HDF5 that nobody vouches for: in a child process, then member by member.

What lies in the file and is not asked for is an error that names it.
"""

from __future__ import annotations

import json
import math
import os
import stat
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.frontends.hdf5_worker import REFUSED
from hardware.errors import ContainerError

SIZE_LIMIT = 1 << 30
"""Largest file, bytes."""
DEADLINE = 60.0
"""Seconds until the child process is killed; its processor time ends far earlier."""
SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DTYPES = frozenset(["|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"])
_CHILD = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from {worker} import main; sys.exit(main())"


def read_hdf5(path: Path, worker: str = "compile.frontends.hdf5_worker") -> StrictGroup:
    """Read a whole HDF5 file and return its root group.

    Parameters
    ----------
    path : Path
        The file.
    worker : str
        Module whose ``main`` reads it in the child process.

    Raises
    ------
    ContainerError
        Where the file cannot be read, is damaged, or holds anything but plain arrays of finite numbers and
        short texts.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ContainerError(f"{path} is not a regular file")
        if status.st_size > SIZE_LIMIT:
            raise ContainerError(f"{path} has {status.st_size} bytes, over the limit of {SIZE_LIMIT}")
        data = path.read_bytes()
    except OSError as error:
        raise ContainerError(f"cannot read {path}: {error.strerror or error}") from error
    if not data.startswith(SIGNATURE):
        raise ContainerError(f"{path} is not an HDF5 file")
    output = _in_child(data, path, worker)
    line, _, body = output.partition(b"\n")
    return StrictGroup(json.loads(line), body, "", str(path))


def _in_child(data: bytes, path: Path, worker: str) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD.format(worker=worker), json.dumps(sys.path)],
            input=data,
            capture_output=True,
            timeout=DEADLINE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # a buffer a thread would fill the child's memory
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ContainerError(f"{path} is damaged: HDF5 did not finish reading it in {DEADLINE:g} s") from error
    if done.returncode == REFUSED:
        raise ContainerError(f"{path}: {done.stdout.decode('utf-8', 'replace')}")
    if done.returncode < 0:
        raise ContainerError(f"{path} is damaged: HDF5 crashed or did not end on it (signal {-done.returncode})")
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        raise ContainerError(f"{path} could not be read: the reading process failed ({last[0]})")
    return done.stdout


class StrictGroup:
    """A group of which every member must be accounted for.

    Parameters
    ----------
    tree : dict
        Members, as ``hdf5_worker.dump`` makes them.
    body : bytes
        Bytes of all arrays.
    place : str
        The group's place in the file, for errors.
    where : str
        The file, for errors.
    """

    def __init__(self, tree: dict[str, Any], body: bytes, place: str, where: str) -> None:
        self._tree, self._body, self._place, self._where = tree, body, place, where
        self.keys = frozenset(tree)

    def only(self, known: Collection[str]) -> None:
        """Raise where the group holds anything but ``known``."""
        if unknown := sorted(self.keys - set(known)):
            raise self._error(unknown[0], "is not known to lava-fed, so its meaning cannot be kept")

    def group(self, key: str) -> StrictGroup:
        """Return the subgroup ``key``."""
        member = self._member(key, "group", "a group")
        return StrictGroup(member["group"], self._body, f"{self._place}/{key}", self._where)

    def is_group(self, key: str) -> bool:
        """Whether ``key`` is a subgroup."""
        return "group" in self._tree.get(key, {})

    def array(self, key: str, *, kinds: str = "iuf", most_axes: int = 2) -> NDArray[Any]:
        """Return an array of finite numbers in native byte order.

        Parameters
        ----------
        key : str
            Member.
        kinds : str
            Allowed kinds of numpy types.
        most_axes : int
            Most axes; more is an error.
        """
        member = self._member(key, "dtype", "an array")
        shape = tuple(member["shape"])
        if member["dtype"] not in _DTYPES or member["dtype"][1] not in kinds:
            raise self._error(key, f"holds values of type {member['dtype']}, which is not what it must hold")
        if len(shape) > most_axes:
            raise self._error(key, f"has {len(shape)} axes, expected at most {most_axes}")
        dtype = np.dtype(member["dtype"])
        array = np.frombuffer(self._body, dtype, math.prod(shape), member["start"]).reshape(shape)
        return array.astype(dtype.newbyteorder("="), copy=False)

    def integer(self, key: str) -> int:
        """Return an array of one integer or truth value."""
        return int(self._single(key, "iub"))

    def real(self, key: str) -> float:
        """Return an array of one number."""
        return float(self._single(key, "iuf"))

    def text(self, key: str) -> str:
        """Return a short ASCII text."""
        return str(self._member(key, "text", "a text")["text"])

    def texts(self, key: str) -> NDArray[np.str_]:
        """Return a table of short ASCII texts."""
        member = self._member(key, "texts", "a table of texts")
        return np.asarray(member["texts"], np.str_).reshape(member["shape"])

    def kind(self, key: str) -> str:
        """Say what member ``key`` is: ``group``, ``array``, ``text`` or ``texts``."""
        member = self._member(key, "", "")
        return "array" if "dtype" in member else next(k for k in ("group", "texts", "text") if k in member)

    def _single(self, key: str, kinds: str) -> Any:
        array = self.array(key, kinds=kinds, most_axes=1)
        if array.size != 1:
            raise self._error(key, f"has shape {array.shape}, expected one number")
        return array.reshape(-1)[0]

    def _member(self, key: str, kind: str, title: str) -> dict[str, Any]:
        if key not in self.keys:
            raise self._error(key, "is missing")
        member: dict[str, Any] = self._tree[key]
        if kind and kind not in member:
            raise self._error(key, f"is not {title}")
        return member

    def _error(self, key: str, problem: str) -> ContainerError:
        place = f"{self._place}/{key}".rstrip("/") or "/"
        return ContainerError(f"{self._where}: {place!r} {problem}")
