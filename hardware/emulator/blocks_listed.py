"""Sums of listed rows of weights, as a loop over vectors that stay in registers."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from hardware.emulator.blocks import BLOCK

_WORD = ir.IntType(64)


def _listed(*lanes: int) -> Any:
    """Return a function that adds rows of so many lanes, in one vector for each number."""

    @intrinsic
    def add_listed(
        typing_context: Any,  # noqa: ARG001
        sums: Any,
        to: Any,
        fresh: Any,
        weights: Any,
        base: Any,
        stride: Any,
        rows: Any,
        first: Any,
        stop: Any,
    ) -> Any:
        """Add the rows ``rows[first:stop]`` of weights to a few sums, which wrap.

        Parameters
        ----------
        sums : int16 or int32 array
            Changed in place from ``to`` on.
        to : int
            Where the sums begin.
        fresh : bool
            Replace the sums instead of adding to them.
        weights : int8 or int16 array
            The weights.
        base, stride : int
            Where row 0 begins, and how far one row is from the next.
        rows : int32 array
            The list.
        first, stop : int
            Part of it; nothing where ``stop`` is not above ``first``.
        """
        kinds = (sums, to, fresh, weights, base, stride, rows, first, stop)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _generate(lanes, context, builder, signature, arguments)

        return types.void(*kinds), generate

    return add_listed


add_listed_1, add_listed_2 = _listed(BLOCK), _listed(2 * BLOCK)
add_listed_3, add_listed_4 = _listed(2 * BLOCK, BLOCK), _listed(2 * BLOCK, 2 * BLOCK)
"""Add rows of one to four blocks."""


def _generate(lanes: tuple[int, ...], context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    sums, _, fresh, weights, _, _, rows, _, _ = arguments
    to, base, stride, first, stop = (
        context.cast(builder, arguments[index], signature.args[index], types.int64) for index in (1, 4, 5, 7, 8)
    )
    offsets = [sum(lanes[:index]) for index in range(len(lanes))]
    element = context.get_data_type(signature.args[0].dtype)
    vectors = [ir.VectorType(element, width) for width in lanes]

    def places(array: Any, kind: Any, begin: Any) -> list[tuple[Any, int]]:
        """Return the place of each vector of a row, and its alignment."""
        of = context.get_data_type(kind.dtype)
        data = context.make_array(kind)(context, builder, array).data
        found = []
        for offset, width in zip(offsets, lanes, strict=True):
            at = builder.gep(data, [builder.add(begin, _WORD(offset))])
            found.append((builder.bitcast(at, ir.VectorType(of, width).as_pointer()), of.width // 8))
        return found

    to_add_to, entry = places(sums, signature.args[0], to), builder.block
    load, begin, loop, end = (builder.append_basic_block(name) for name in ("load", "begin", "loop", "end"))
    builder.cbranch(builder.icmp_unsigned("!=", fresh, ir.Constant(fresh.type, 0)), begin, load)

    builder.position_at_end(load)
    old = [builder.load(place, align=align) for place, align in to_add_to]
    builder.branch(begin)

    builder.position_at_end(begin)
    nothing = [ir.Constant(kind, None) for kind in vectors]
    started = [_joined(builder, (none, entry), (was, load)) for none, was in zip(nothing, old, strict=True)]
    builder.cbranch(builder.icmp_signed("<", first, stop), loop, end)

    builder.position_at_end(loop)
    index, totals = builder.phi(_WORD), [builder.phi(kind) for kind in vectors]
    listed = context.make_array(signature.args[6])(context, builder, rows).data
    row = builder.sext(builder.load(builder.gep(listed, [index])), _WORD)
    added = []
    for total, (place, align) in zip(
        totals, places(weights, signature.args[3], builder.add(base, builder.mul(row, stride))), strict=True
    ):
        loaded = builder.load(place, align=align)
        added.append(builder.add(total, loaded if loaded.type == total.type else builder.sext(loaded, total.type)))
    following = builder.add(index, _WORD(1))
    for phi, before, after in zip((index, *totals), (first, *started), (following, *added), strict=True):
        phi.add_incoming(before, begin)
        phi.add_incoming(after, loop)
    builder.cbranch(builder.icmp_signed("<", following, stop), loop, end)

    builder.position_at_end(end)
    final = [_joined(builder, (a, begin), (b, loop)) for a, b in zip(started, added, strict=True)]
    for value, (place, align) in zip(final, to_add_to, strict=True):
        builder.store(value, place, align=align)
    return context.get_dummy_value()


def _joined(builder: Any, *sources: tuple[Any, Any]) -> Any:
    """Return the value that comes from one block or another."""
    phi = builder.phi(sources[0][0].type)
    for value, block in sources:
        phi.add_incoming(value, block)
    return phi


@intrinsic
def list_places(typing_context: Any, entries: Any, to: Any, places: Any, first: Any) -> Any:  # noqa: ARG001
    """Write eight entries of a list: ``first`` and what each byte of ``places`` adds to it.

    Parameters
    ----------
    entries : int32 array
        Changed in place from ``to`` on.
    to, places, first : uint64
        See above.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        entries, to, places, first = arguments
        data = context.make_array(signature.args[0])(context, builder, entries).data
        lanes = ir.VectorType(ir.IntType(32), 8)
        spread, begin = ir.Constant(lanes, ir.Undefined), builder.trunc(first, ir.IntType(32))
        for lane in range(8):
            spread = builder.insert_element(spread, begin, ir.Constant(ir.IntType(32), lane))
        added = builder.add(builder.zext(builder.bitcast(places, ir.VectorType(ir.IntType(8), 8)), lanes), spread)
        builder.store(added, builder.bitcast(builder.gep(data, [to]), lanes.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(entries, to, places, first), generate
