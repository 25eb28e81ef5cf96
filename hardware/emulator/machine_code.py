"""Compiled kernels, kept on disk under the digest of the sources that they were compiled from.

numba's own cache looks only at the file that holds the outermost function, so a changed ``fixed.py`` would go on
running as old machine code. Here every source that can reach a kernel is part of the folder's name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


ARITHMETIC = ("fixed.py", "chip/widths.py")
"""All that kernels use from outside their own folder."""
ROOM = 1 << 24
"""Bytes that must be free where machine code is kept."""


@cache
def folder() -> Path | None:
    """Return the folder for machine code, or ``None`` where none is writable with room to spare.

    It lies beside the sources, or in the user's own cache where those are read-only; never in a folder that others
    can write, because numba trusts what it finds there.
    """
    here = Path(__file__).parent
    sha = hashlib.sha256(numba.__version__.encode())
    for source in [*sorted(here.glob("*.py")), *(here.parent / name for name in ARITHMETIC)]:
        sha.update(source.read_bytes())
    name = f"kernels-{sha.hexdigest()[:16]}"
    user = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "lava-fed"
    for parent in (here / "__pycache__", user):
        try:
            parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=parent):
                if shutil.disk_usage(parent).free > ROOM:
                    return parent / name
        except OSError:
            continue
    return None


def is_warm() -> bool:
    """Say whether machine code for these sources is already on disk."""
    place = folder()
    return place is not None and any(place.rglob("*.nbc"))


def compiled(function: Kernel) -> Kernel:
    """Compile ``function`` when it is first called, without the GIL, and keep the machine code on disk."""
    place, before = folder(), numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(place or "")
    try:
        kernel: Kernel = numba.njit(nogil=True, cache=place is not None)(function)
    finally:
        numba.config.CACHE_DIR = before
    return kernel
