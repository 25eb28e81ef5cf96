"""Compiled kernels, kept on disk under the digest of the sources that they were compiled from.

numba's own cache looks only at the file that holds the outermost function, so a changed ``fixed.py`` would go on
running as old machine code. Here every source that can reach a kernel is part of the folder's name.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

HARDWARE = Path(__file__).parent
ROOM = 1 << 24
"""Bytes that must be free where machine code is kept."""
PATIENCE, PAUSE = 600.0, 0.1
"""Seconds to wait for another process that compiles, and between two looks."""


@dataclass(frozen=True)
class MachineCode:
    """The kernels of one folder of sources.

    Attributes
    ----------
    home : Path
        The folder; every source in it counts.
    others : tuple of Path
        All that its kernels use from elsewhere.
    error_model : str
        What a division by zero does: ``python`` raises, ``numpy`` goes on, and is faster.
    """

    home: Path
    others: tuple[Path, ...] = ()
    error_model: str = "python"

    @cached_property
    def folder(self) -> Path | None:
        """Where machine code is kept, or ``None`` where no place is writable with room to spare.

        It lies beside the sources, or in the user's own cache where those are read-only; never in a folder that
        others can write, because numba trusts what it finds there.
        """
        sha = hashlib.sha256(numba.__version__.encode())
        for source in [*sorted(self.home.glob("*.py")), *self.others]:
            sha.update(source.read_bytes())
        name = f"kernels-{sha.hexdigest()[:16]}"
        user = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "lava-fed"
        for parent in (self.home / "__pycache__", user):
            try:
                parent.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=parent):
                    if shutil.disk_usage(parent).free > ROOM:
                        return parent / name
            except OSError:
                continue
        return None

    def is_warm(self) -> bool:
        """Say whether machine code for these sources is already on disk."""
        return self.folder is not None and any(self.folder.rglob("*.nbc"))

    @staticmethod
    def is_loaded(kernel: Any) -> bool:
        """Say whether this process has run a kernel already, as it has once it was compiled or found on disk."""
        return bool(kernel.signatures)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let one process compile while others that begin beside it wait, to find machine code on disk then.

        Whoever has waited for ``PATIENCE`` goes on and compiles too.
        """
        if self.folder is None or self.is_warm():
            yield
            return
        with self.folder.with_suffix(".lock").open("wb") as file:
            _lock(file, until=time.monotonic() + PATIENCE)
            yield

    def compiled(self, function: Kernel) -> Kernel:
        """Compile ``function`` when it is first called, without the GIL, and keep the machine code on disk."""
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(self.folder or "")
        try:
            jit = numba.njit(nogil=True, cache=self.folder is not None, error_model=self.error_model)
            kernel: Kernel = jit(function)
        finally:
            numba.config.CACHE_DIR = before
        return kernel


def _lock(file: IO[bytes], until: float) -> None:
    """Lock a file until it is closed, or give up; some file systems know no locks."""
    with contextlib.suppress(OSError):
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                time.sleep(PAUSE)
