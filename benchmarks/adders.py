"""Loops of integer additions that no compiler can shorten.

In registers, each of many vectors adds its neighbour: v[i] = v[i] + v[i + 1]. No vector waits for another of its
round, so every adder of the core is busy; there is no closed form that a compiler knows, and nothing to load. With
a single number instead, each operation waits for the last and takes a clock cycle: that tells the frequency.
From the cache, one operand of each addition is loaded, as LLVM vectorizes a plain loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

VECTOR_BITS = 512
"""Bits of a vector in the code; where registers are narrower, LLVM takes several."""
ACCUMULATORS = 12
"""Vectors that add at the same time; two latencies on every port, and few enough to stay in registers."""


def in_registers(bits: int) -> Callable[[int], int]:
    """Make a function that runs so many rounds; a round is ``ACCUMULATORS`` vectors of ``VECTOR_BITS``."""
    rounds = _rounds(bits, ACCUMULATORS, VECTOR_BITS)

    @njit(nogil=True)
    def run(count):  # type: ignore[no-untyped-def]  # numba takes no annotations
        return rounds(count)

    return _typed(run)


def one_after_another() -> Callable[[int], int]:
    """Make a function that runs so many additions of one number, each waiting for the last."""
    rounds = _rounds(64, 1, 64)

    @njit(nogil=True)
    def run(count):  # type: ignore[no-untyped-def]  # numba takes no annotations
        return rounds(count)

    return _typed(run)


@njit(nogil=True)
def from_cache(sums, rows, count):  # type: ignore[no-untyped-def]  # numba takes no annotations
    """Add eight rows of weights, shape (8, units), to sums, shape (units,), again and again."""
    a, b, c, d, e, f, g, h = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]
    for _ in range(count):
        for unit in range(sums.shape[0]):
            first = (sums[unit] + a[unit]) + (b[unit] + c[unit])
            sums[unit] = first + (d[unit] + e[unit]) + ((f[unit] + g[unit]) + h[unit])


def operands(bits: int) -> tuple[Any, Any]:
    """Return sums and rows for ``from_cache`` that fit the first cache together."""
    kind = np.dtype(f"int{bits}")
    units = 2048 // kind.itemsize
    rows = np.random.default_rng(0).integers(-100, 100, (8, units)).astype(kind)
    return np.zeros(units, kind), rows


def _typed(compiled: Any) -> Callable[[int], int]:
    compiled(1)
    function: Callable[[int], int] = compiled
    return function


def _rounds(bits: int, accumulators: int, vector_bits: int) -> Any:
    """Make an intrinsic that loops ``count`` times over additions of whole vectors, and returns their sum."""
    from llvmlite import ir

    @intrinsic
    def rounds(typing, count):  # type: ignore[no-untyped-def]  # numba's protocol  # noqa: ARG001
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ARG001
            lanes = vector_bits // bits
            vector = ir.VectorType(ir.IntType(bits), lanes)
            word = ir.IntType(64)
            before = builder.block
            loop = builder.append_basic_block("round")
            after = builder.append_basic_block("done")
            builder.branch(loop)
            builder.position_at_end(loop)
            step = builder.phi(word)
            step.add_incoming(word(0), before)
            values = []
            for index in range(accumulators):
                value = builder.phi(vector)
                value.add_incoming(ir.Constant(vector, [2 * index + lane + 1 for lane in range(lanes)]), before)
                values.append(value)
            if accumulators == 1:
                flipped = builder.xor(values[0], ir.Constant(vector, [5] * lanes))
                sums = [builder.add(values[0], flipped)]
            else:
                sums = [builder.add(a, b) for a, b in zip(values, [*values[1:], values[0]], strict=True)]
            following = builder.add(step, word(1))
            step.add_incoming(following, loop)
            for value, total in zip(values, sums, strict=True):
                value.add_incoming(total, loop)
            builder.cbranch(builder.icmp_signed("<", following, arguments[0]), loop, after)
            builder.position_at_end(after)
            total = sums[0]
            for other in sums[1:]:
                total = builder.xor(total, other)
            answer = builder.extract_element(total, ir.IntType(32)(0))
            return builder.sext(answer, word) if bits < 64 else answer

        return types.int64(types.int64), generate

    return rounds
