"""Learning rules laid out for the kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import LEARNING_FRACTION_BITS
from hardware.emulator import tables as t
from hardware.emulator.streams import THIRD_FACTOR_TAU, trace_factor
from hardware.learning import LearningRule
from hardware.learning.product import FACTOR_BITS, POST_TRACES, PRE_TRACES, SPIKES, Factor, Product
from hardware.learning.rule import Graded
from hardware.network import Network

_COUNTED = tuple(map(Factor, ("x1", "x2", "y1", "w")))
"""Factors that rows of the product table count; others are rows of the factor table."""
_VARIABLES = tuple(FACTOR_BITS)
_PAYLOADS = tuple(Graded)


class Places(NamedTuple):
    """Where a connection that learns keeps what its rule needs.

    Attributes
    ----------
    traces, post : slice
        Traces of its sources and, of a broad rule, of its targets.
    tags : slice
        Of a broad rule: tags of its synapses, source by source.
    """

    traces: slice
    post: slice
    tags: slice


def is_broad(rule: LearningRule) -> bool:
    """Say whether a rule has more than weights, ``x0``, ``u<k>``, ``x1``, ``x2``, ``y1`` and ``w``."""
    return (
        bool(rule.dd or rule.dt)
        or rule.two_factor
        or rule.graded is not Graded.IMPULSE
        or any(p.dependency == "y0" or not set(p.factors) <= set(_COUNTED) for p in rule.products)
    )


def places(network: Network) -> dict[str, Places]:
    """Lay out the traces and tags of all connections that learn."""
    found, trace, tag = {}, 0, 0
    for c in network.plastic:
        broad = c.rule is not None and is_broad(c.rule)
        middle = trace + c.synapse.sources
        end = middle + broad * c.synapse.targets
        tags = slice(tag, tag + broad * c.synapse.weights.size)
        found[c.name] = Places(slice(trace, middle), slice(middle, end), tags)
        trace, tag = end, tags.stop
    return found


def learning_tables(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Write the rules of all connections; zeros where there is none.

    Returns
    -------
    rules, products, parts : int64 array, shape (rows, columns)
        See ``Image``.
    """
    where, rows = places(network), []
    products: list[tuple[int, ...]] = []
    parts: list[tuple[int, ...]] = []
    for c in network.connections:
        if c.rule is None:
            rows.append((0,) * t.RULE_COLUMNS)
            continue
        rows.append(_rule_row(c.rule, where[c.name], len(products)))
        for output, name in enumerate(("dw", "dd", "dt")):
            for product in c.rule.sums.get(name, ()):
                products.append(_product_row(product, output, len(parts)))
                parts += [_part_row(factor) for factor in product.factors]
    return (
        np.array(rows, np.int64).reshape(-1, t.RULE_COLUMNS),
        np.array(products, np.int64).reshape(-1, t.PRODUCT_COLUMNS),
        np.array(parts, np.int64).reshape(-1, t.PART_COLUMNS),
    )


def decay_factors(network: Network) -> NDArray[np.float64]:
    """Return the decay factors of x1, x2, y1, y2 and y3 of all connections; zeros where there is no rule."""
    rows = np.zeros((len(network.connections), 5))
    for row, c in zip(rows, network.connections, strict=True):
        if c.rule is not None:
            row[:2] = [trace_factor(getattr(c.rule, f"{trace}_tau")) for trace in PRE_TRACES]
            taus = [getattr(c.rule, f"{trace}_tau") for trace in POST_TRACES]
            row[2:] = [trace_factor(tau if c.rule.two_factor else int(THIRD_FACTOR_TAU)) for tau in taus]
    return rows


def _rule_row(rule: LearningRule, where: Places, first_product: int) -> tuple[int, ...]:
    return (
        rule.epoch,
        rule.x1_impulse,
        rule.x2_impulse,
        first_product,
        len(rule.products),
        all("y1" in product.variables for product in rule.products),
        is_broad(rule),
        rule.two_factor,
        rule.hears_target,
        _PAYLOADS.index(rule.graded),
        rule.y1_impulse,
        rule.y2_impulse,
        rule.y3_impulse,
        where.post.start,
        where.tags.start,
    )


def _product_row(product: Product, output: int, first_part: int) -> tuple[int, ...]:
    return (
        product.mantissa,
        product.shift,
        product.exponent + LEARNING_FRACTION_BITS,
        product.dependency == "x0",
        product.decimation,
        *(product.factors.count(factor) for factor in _COUNTED),
        output,
        SPIKES.index(product.dependency) if product.dependency in SPIKES else len(SPIKES),
        first_part,
        len(product.factors),
    )


def _part_row(factor: Factor) -> tuple[int, ...]:
    return _VARIABLES.index(factor.variable), factor.constant, factor.sign, factor.bits
