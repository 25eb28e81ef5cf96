"""Traces of a layer that another program recorded, as ``.npy`` files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIX = ".npy"
CHECKED_AT_ONCE = 1 << 22
"""Values of a trace that are checked at once."""


def read_trace(path: Path) -> NDArray[Any]:
    """Read a trace.

    Parameters
    ----------
    path : Path
        A ``.npy`` array of whole numbers, of any real type: (samples, steps, units), or, as lava-dl's netx keeps
        one sample, (units, steps) or (width, height, channels, steps).

    Returns
    -------
    array of whole numbers, shape (samples, steps, units)
        A view of the file, so that it may be larger than memory.

    Raises
    ------
    LavaFedError
        Where the file is not sound, or holds anything else.
    """
    import numpy as np

    from hardware.container import check_regular
    from hardware.errors import LavaFedError

    if not path.is_file():
        raise LavaFedError(f"--against: there is no file {path}")
    check_regular(path)
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)  # maps: claims of a size cost nothing
    except (OSError, ValueError, EOFError) as error:
        reason = " ".join(str(error).split())
        raise LavaFedError(f"{path} is not a sound .npy file: {reason}") from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf" or values.ndim not in (2, 3, 4):
        shown = f"{values.dtype}{values.shape}" if isinstance(values, np.ndarray) else "an archive"
        raise LavaFedError(
            f"{path} holds {shown}; a trace has numbers by (samples, steps, units), or of one sample by "
            "(units, steps) or, as netx keeps images, (width, height, channels, steps)"
        )
    if values.size == 0:
        raise LavaFedError(f"{path} holds an empty trace, of shape {values.shape}")
    for first in range(0, len(values), stride := max(1, CHECKED_AT_ONCE * len(values) // values.size)):
        _check(np.asarray(values[first : first + stride]), path)
    if values.ndim == 4:
        return values.transpose(3, 2, 1, 0).reshape(1, values.shape[3], -1)
    return values.T[np.newaxis] if values.ndim == 2 else values


def _check(values: NDArray[Any], path: Path) -> None:
    import numpy as np

    from hardware.errors import LavaFedError

    if values.dtype.kind == "f" and (not np.isfinite(values).all() or np.any(values != np.rint(values))):
        raise LavaFedError(f"{path} holds numbers that are not whole; scale them to the layer's integers")
    if int(values.max()) >= 2**31 or int(values.min()) < -(2**31):
        raise LavaFedError(f"{path} holds numbers beyond 32 bits, which no layer sends")
