"""Sums of blocks of sixteen weights, as vector instructions.

numba has no vectors, and what its compiler makes of a loop of a few dozen turns spends more time around the loop
than in it. So the two steps that convolutions and dense synapses live on are written down here as LLVM vectors;
LLVM splits them up for whatever the processor has.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

BLOCK = 16
"""Weights that are added at once; arrays must reach that far beyond the last place that is asked for."""
WIDE_BLOCK = 64
"""Weights that are added at once where a row has as many."""


@intrinsic
def add_block(typing_context: Any, sums: Any, to: Any, weights: Any, starts: Any) -> Any:  # noqa: ARG001
    """Add blocks of weights to a block of sums, which wrap.

    Parameters
    ----------
    sums : int16 or int32 array
        Changed in place from ``to`` on.
    to : int
        Where the sums begin.
    weights : int8 or int16 array
        The weights.
    starts : tuple of int
        Where each block of them begins.
    """
    return types.void(sums, to, weights, starts), _sum_of(BLOCK)


@intrinsic
def put_block(typing_context: Any, sums: Any, to: Any, weights: Any, starts: Any) -> Any:  # noqa: ARG001
    """Write what ``add_block`` adds, whatever the sums were."""
    return types.void(sums, to, weights, starts), _sum_of(BLOCK, fresh=True)


@intrinsic
def put_two_blocks(typing_context: Any, sums: Any, to: Any, weights: Any, starts: Any) -> Any:  # noqa: ARG001
    """Write as ``put_block`` does, twice as much."""
    return types.void(sums, to, weights, starts), _sum_of(2 * BLOCK, fresh=True)


@intrinsic
def add_wide_block(typing_context: Any, sums: Any, to: Any, weights: Any, starts: Any) -> Any:  # noqa: ARG001
    """Add as ``add_block`` does, four times as much."""
    return types.void(sums, to, weights, starts), _sum_of(WIDE_BLOCK)


@intrinsic
def add_block_products(
    typing_context: Any,  # noqa: ARG001
    sums: Any,
    to: Any,
    weights: Any,
    starts: Any,
    factors: Any,
) -> Any:
    """Add blocks of weights, each times a factor, to a block of sums.

    Parameters
    ----------
    sums, to, weights, starts
        As for ``add_block``; sums of int32.
    factors : tuple of int32
        One for each block.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place, total = _load(context, builder, signature.args[0], arguments[0], arguments[1])
        for index, row in enumerate(_rows(context, builder, signature, arguments, total.type)):
            factor, spread = builder.extract_value(arguments[4], index), ir.Constant(total.type, ir.Undefined)
            for lane in range(BLOCK):
                spread = builder.insert_element(spread, factor, ir.Constant(ir.IntType(32), lane))
            total = builder.add(total, builder.mul(row, spread))
        builder.store(total, place, align=total.type.element.width // 8)
        return context.get_dummy_value()

    return types.void(sums, to, weights, starts, factors), generate


def _sum_of(lanes: int, *, fresh: bool = False) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place, total = _load(context, builder, signature.args[0], arguments[0], arguments[1], lanes)
        if fresh:
            total = ir.Constant(total.type, None)
        for row in _rows(context, builder, signature, arguments, total.type):
            total = builder.add(total, row)
        builder.store(total, place, align=total.type.element.width // 8)
        return context.get_dummy_value()

    return generate


def _load(context: Any, builder: Any, kind: Any, array: Any, index: Any, lanes: int = BLOCK) -> tuple[Any, Any]:
    """Return the place of a block of an array, and what it holds."""
    element = context.get_data_type(kind.dtype)
    data = context.make_array(kind)(context, builder, array).data
    vector = ir.VectorType(element, lanes)
    place = builder.bitcast(builder.gep(data, [index]), vector.as_pointer())
    loaded = builder.load(place, align=element.width // 8)
    return place, loaded


def _rows(context: Any, builder: Any, signature: Any, arguments: Any, wanted: Any) -> Any:
    """Load each block of weights and widen it to the type of the sums."""
    for index in range(len(signature.args[3])):
        start = builder.extract_value(arguments[3], index)
        _, row = _load(context, builder, signature.args[2], arguments[2], start, wanted.count)
        yield row if row.type == wanted else builder.sext(row, wanted)


@intrinsic
def shifted_up(typing_context: Any, word: Any, bits: Any) -> Any:  # noqa: ARG001
    """Shift a 32-bit word to the left by fewer than 32 bits, and keep 32; numba would go over to 64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.shl(*arguments)

    return types.int32(types.int32, types.int32), generate


@intrinsic
def shifted_down(typing_context: Any, word: Any, bits: Any) -> Any:  # noqa: ARG001
    """Shift a 32-bit word to the right by fewer than 32 bits, the sign coming after it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.ashr(*arguments)

    return types.int32(types.int32, types.int32), generate


@intrinsic
def flags_at(typing_context: Any, flags: Any, index: Any) -> Any:  # noqa: ARG001
    """Return 64 flags as the bits of an integer.

    Parameters
    ----------
    flags : uint8 array
        0 or more.
    index : int
        Where they begin.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        vector = ir.VectorType(ir.IntType(8), types.uint64.bitwidth)
        place = builder.bitcast(builder.gep(data, [arguments[1]]), vector.as_pointer())
        loaded = builder.load(place, align=1)
        return builder.bitcast(builder.icmp_unsigned("!=", loaded, ir.Constant(vector, None)), ir.IntType(64))

    return types.uint64(flags, index), generate


@intrinsic
def lowest_bit(typing_context: Any, bits: Any) -> Any:  # noqa: ARG001
    """Return the number of the lowest bit that is set in an integer that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@intrinsic
def bits_set(typing_context: Any, bits: Any) -> Any:  # noqa: ARG001
    """Return how many bits of an integer are set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate
