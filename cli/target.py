"""A file that a command is going to write."""

from __future__ import annotations

import os
from pathlib import Path


def check_target(path: Path, *read: Path | None) -> None:
    """Refuse before the work what could not be written after it.

    Parameters
    ----------
    path : Path
        The file.
    *read : Path or None
        What the command reads, which must stay.

    Raises
    ------
    LavaFedError
        Where ``path`` is no file or one that is read, its folder is missing, or it may not be written to.
    """
    from hardware.container import check_regular
    from hardware.errors import LavaFedError

    check_regular(path)
    for each in read:
        if each is not None and path.exists() and each.exists() and path.samefile(each):
            raise LavaFedError(f"{path} is what is read; choose another file to write")
    folder = path.resolve().parent if path.is_symlink() else path.parent
    if not folder.is_dir():
        raise LavaFedError(f"cannot write {path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LavaFedError(f"cannot write {path}: the folder {folder} is not yours to write to")
