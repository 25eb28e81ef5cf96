"""Types of the kernels' arrays, and the ways out of 32 bits and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from hardware.fixed import compilable

LINE = 64
"""Bytes of a line of the processor's cache."""

Table = NDArray[np.int64]
States = NDArray[np.int32]
Flags = NDArray[np.uint8]
Weights = NDArray[np.int8] | NDArray[np.int16]
Sums = NDArray[np.int16] | NDArray[np.int32]


@compilable
def wide(value: Any) -> int:
    """Widen a stored word to 64 bits, so that nothing overflows before it is stored again."""
    widened: Any = np.int64(value)
    result: int = widened
    return result


@compilable
def low(value: Any) -> int:
    """Keep the low 32 bits, as the chip's words do; so the compiler may compute twice as many at once."""
    kept: Any = np.int32(value)
    result: int = kept
    return result


@compilable
def place(index: Any) -> Any:
    """Turn an index that is never negative into one that is known not to be, so that no kernel looks."""
    return np.uint64(index)


@njit
def copy(into: NDArray[Any], source: NDArray[Any]) -> None:
    """Copy one vector to another of the same length; an assignment to a slice is slow in compiled code."""
    for i in range(len(into)):
        into[i] = source[i]


def aligned(size: int, dtype: Any) -> NDArray[Any]:
    """Return zeros that begin where a line of the processor's cache does."""
    itemsize = np.dtype(dtype).itemsize
    room = np.zeros(size + LINE // itemsize, dtype)
    skip = -room.ctypes.data % LINE // itemsize
    return room[skip : skip + size]


@intrinsic
def borrowed(typing_context: Any, arrays: Any) -> Any:  # noqa: ARG001
    """Return a tuple of arrays that own no memory: whoever calls must hold the ones they were made from.

    Compiled code counts the owners of an array whenever it takes a part of it; threads that share arrays would
    wait for each other at these counters, which cost as much as a small layer. What owns nothing is not counted.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (record,) = arguments
        for index, kind in enumerate(signature.args[0]):
            array = context.make_array(kind)(context, builder, builder.extract_value(record, index))
            array.meminfo, array.parent = (
                ir.Constant(field.type, None) for field in (array.meminfo, array.parent)
            )
            record = builder.insert_value(record, array._getvalue(), index)
        return record

    return arrays(arrays), generate


def at(value: Any, unit: int) -> int:
    """Return a parameter of one unit: of a vector the unit's own, else the one that all units share."""
    result: int = value[unit] if isinstance(value, np.ndarray) else value
    return result


@overload(at)
def _compiled_at(value: Any, unit: Any) -> Any:  # noqa: ARG001
    """Choose when a kernel is compiled; numba wants signatures that are alike to the letter."""

    def own(value: Any, unit: Any) -> Any:
        return value[unit]

    def shared(value: Any, unit: Any) -> Any:  # noqa: ARG001
        return value

    return own if isinstance(value, types.Array) else shared
