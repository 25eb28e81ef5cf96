"""Compiled kernels, kept on disk under the digest of the sources that they were compiled from.

numba's own cache looks only at the file that holds the outermost function, so a changed ``fixed.py`` would go on
running as old machine code. Here every source that can reach a kernel is part of the folder's name.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


@cache
def folder() -> Path:
    """Return the folder for machine code: beside the sources, or the user's cache where those are read-only."""
    here = Path(__file__).parent
    sha = hashlib.sha256(numba.__version__.encode())
    for source in sorted([*here.glob("*.py"), *here.parent.glob("*.py")]):
        sha.update(source.read_bytes())
    name = f"kernels-{sha.hexdigest()[:16]}"
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lava-fed"
    for parent in (here / "__pycache__", user):
        try:
            parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=parent):
                return parent / name
        except OSError:
            continue
    return Path(tempfile.gettempdir()) / f"lava-fed-{os.getuid()}" / name


def is_warm() -> bool:
    """Say whether machine code for these sources is already on disk."""
    return any(folder().rglob("*.nbc"))


def compiled(function: Kernel) -> Kernel:
    """Compile ``function`` when it is first called, without the GIL, and keep the machine code on disk."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder())
    try:
        kernel: Kernel = numba.njit(nogil=True, cache=True)(function)
    finally:
        numba.config.CACHE_DIR = before
    return kernel
