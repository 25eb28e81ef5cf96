"""From the arrays ``x`` and ``y`` to a data set: axes, types and real numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.encoder import Encoder
from hardware.errors import ContainerError
from hardware.spikes import VALUES_LIMIT, SpikeTrain
from lava_fed.data.dataset import DataSet

CLASSES_LIMIT = 1 << 20
"""Labels must lie below this."""


def dataset_of(
    arrays: Mapping[str, NDArray[Any]],
    title: str,
    encoder: Encoder | None,
    steps: int | None,
    shape: tuple[int, ...] | None,
) -> DataSet:
    """Make a data set of arrays.

    Parameters
    ----------
    arrays : mapping of str to array
        ``x`` and, where known, ``y``, of any numeric type.
    title : str
        Name for people.
    encoder, steps, shape
        As for ``archive.read``.

    Raises
    ------
    LavaFedError
        Where shapes, types or values do not fit; no file is named.
    """
    x = arrays["x"]
    if steps is not None:
        x = _shown(x, steps)
    if x.ndim < 3:
        raise ContainerError(
            f"x has shape {x.shape}, expected (samples, units, steps); show samples without that axis for a "
            "number of steps (--steps)"
        )
    if not x.size:
        raise ContainerError(f"x is empty, its shape is {x.shape}")
    _check_axes(x.shape[1:-1], shape)
    moved = np.moveaxis(x.reshape(x.shape[0], -1, x.shape[-1]), 2, 1)
    notes = _notes(moved, encoder)
    values: NDArray[Any] = moved if _ready(x, encoder) else _encoded(moved, encoder)
    spikes = SpikeTrain(values)
    if "y" not in arrays:
        return DataSet(spikes, None, 1, title, notes)
    y = arrays["y"]
    if y.dtype.kind not in "iu" or y.shape != (spikes.samples,):
        raise ContainerError(
            f"y is {y.dtype}{y.shape}, expected {spikes.samples} integer labels, one per sample of x"
        )
    if y.min() < 0 or y.max() >= CLASSES_LIMIT:
        raise ContainerError(f"labels {y.min()}..{y.max()} must lie in 0..{CLASSES_LIMIT - 1}")
    return DataSet(spikes, y.astype(np.int32), int(y.max()) + 1, title, notes)


def _shown(x: NDArray[Any], steps: int) -> NDArray[Any]:
    if x.ndim < 2:
        raise ContainerError(f"x has shape {x.shape}, expected (samples, units) to show for {steps} steps")
    if x.size * steps * 4 > VALUES_LIMIT:
        raise ContainerError(
            f"x has shape {x.shape}; shown for {steps} steps it is over the limit of {VALUES_LIMIT} bytes; "
            "use fewer steps or samples"
        )
    return np.broadcast_to(x[..., np.newaxis], (*x.shape, steps))


def _check_axes(found: tuple[int, ...], shape: tuple[int, ...] | None) -> None:
    """Refuse images whose axes lie in another order, which flattening would scramble."""
    if shape is None or len(found) < 2:
        return
    if [axis for axis in found if axis > 1] != [axis for axis in shape if axis > 1]:
        raise ContainerError(
            f"a sample of x has the axes {found} between samples and steps, and this network reads {shape}, that "
            "is (channels, height, width); transpose x"
        )


def _notes(x: NDArray[Any], encoder: Encoder | None) -> tuple[str, ...]:
    if encoder is None:
        return ()
    if _ready(x, encoder):
        said = "x holds integers, which are sent as they are; only real numbers go through the network's encoder"
        return (said,)
    if not (beyond := encoder.beyond(x)):
        return ()
    low, high = encoder.range
    return (f"{beyond:,} of {x.size:,} values of x lie outside {low}..{high}, and the encoder cuts them to it",)


def _ready(x: NDArray[Any], encoder: Encoder | None) -> bool:
    """Say whether ``x`` holds what is sent: an encoder that takes means over time takes them of integers too."""
    return x.dtype.kind != "f" and (encoder is None or encoder.decimate == 1)


def _encoded(values: NDArray[Any], encoder: Encoder | None) -> NDArray[np.integer[Any]]:
    if bad := int(values.size - np.count_nonzero(np.isfinite(values))):
        raise ContainerError(f"{bad} of {values.size} values of x are not finite numbers")
    if encoder is not None:
        return encoder(values)
    if np.any(values != np.rint(values)) or np.abs(values).max() >= 1 << 31:
        raise ContainerError(
            "x holds real numbers, and this network takes integers; give spikes of 0 and 1, or integer messages"
        )
    return values.astype(np.int64)
