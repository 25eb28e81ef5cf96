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
from hardware.learning.rule import Graded, Rounding
from hardware.network import Network

_OF_SOURCE, _OF_TARGET = ("x0", *PRE_TRACES), ("y0", *POST_TRACES)
_VARIABLES = tuple(FACTOR_BITS)
_PAYLOADS = tuple(Graded)


class Places(NamedTuple):
    """Where a connection that learns keeps what its rule needs.

    Attributes
    ----------
    traces, post : slice
        Traces of its sources and, of a rule that hears them, of its targets.
    tags : slice
        Of a rule with tags or delays: those of its synapses, source by source.
    """

    traces: slice
    post: slice
    tags: slice


def places(network: Network) -> dict[str, Places]:
    """Lay out the traces and tags of all connections that learn."""
    found, trace, tag = {}, 0, 0
    for c in network.plastic:
        middle = trace + c.synapse.sources
        end = middle + (c.synapse.targets if c.rule is not None and c.rule.hears_target else 0)
        tagged = c.rule is not None and _has_tags(c.rule)
        tags = slice(tag, tag + tagged * c.synapse.sources * c.synapse.targets)
        found[c.name] = Places(slice(trace, middle), slice(middle, end), tags)
        trace, tag = end, tags.stop
    return found


def lesson_shape(network: Network) -> tuple[int, int]:
    """Return the shape of what kernels write while an epoch closes: rows, and the most targets."""
    rows = [_rows_of(c.rule) for c in network.plastic if c.rule is not None]
    return max(rows, default=0), max((c.synapse.targets for c in network.plastic), default=0)


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
        factor_row = t.HISTORY + len(POST_TRACES) * (c.rule.epoch + 1)
        for output, name in enumerate(("dw", "dd", "dt")):
            for product in c.rule.sums.get(name, ()):
                products.append(_product_row(product, output, len(parts), factor_row))
                parts += [_part_row(factor) for factor in _sorted(product)]
                factor_row += _rows_of_product(product, c.rule)
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
        sum(1 << output for output, name in enumerate(("dw", "dd", "dt")) if name in rule.sums),
        rule.two_factor,
        rule.hears_target,
        _PAYLOADS.index(rule.graded),
        rule.y1_impulse,
        rule.y2_impulse,
        rule.y3_impulse,
        where.post.start,
        where.tags.start if _has_tags(rule) else -1,
        sum(1 << index for index, trace in enumerate(POST_TRACES) if trace in rule.variables),
        any(_rouses(product) for product in rule.products),
        any(product.dependency == "y0" for product in rule.products),
        rule.rounding is Rounding.INDEPENDENT,
    )


def _has_tags(rule: LearningRule) -> bool:
    return not {"tag_1", "tag_2"}.isdisjoint(rule.states)


def _rouses(product: Product) -> bool:
    """Say whether a product may not be 0 where the source has no trace and did not fire."""
    still = [factor for factor in product.factors if factor.variable in _OF_SOURCE and factor.constant == 0]
    return product.dependency != "x0" and not still


def _rows_of(rule: LearningRule) -> int:
    """Count the rows of a lesson by a rule."""
    histories = len(POST_TRACES) * (rule.epoch + 1)
    return t.HISTORY + histories + sum(_rows_of_product(product, rule) for product in rule.products)


def _rows_of_product(product: Product, rule: LearningRule) -> int:
    """Count the moments for which the targets' factor is kept."""
    return rule.epoch + 1 if product.dependency == "x0" else 1


def _sorted(product: Product) -> list[Factor]:
    """List the factors of the source, then those of the target, then those of the synapse."""
    return sorted(product.factors, key=_group)


def _group(factor: Factor) -> int:
    return 0 if factor.variable in _OF_SOURCE else 1 if factor.variable in _OF_TARGET else 2


def _product_row(product: Product, output: int, first_part: int, factor_row: int) -> tuple[int, ...]:
    groups = [_group(factor) for factor in product.factors]
    return (
        product.mantissa,
        product.shift,
        product.exponent + LEARNING_FRACTION_BITS,
        output,
        SPIKES.index(product.dependency) if product.dependency in SPIKES else len(SPIKES),
        product.decimation,
        first_part,
        *(groups.count(group) for group in range(3)),
        any(factor.variable in ("d", "t") and factor.constant == 0 for factor in product.factors),
        factor_row,
    )


def _part_row(factor: Factor) -> tuple[int, ...]:
    return _VARIABLES.index(factor.variable), factor.constant, factor.sign, factor.bits
