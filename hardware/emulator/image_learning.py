"""Learning rules laid out for the kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.chip.widths import LEARNING_FRACTION_BITS
from hardware.emulator.learning_scope import COUNTED
from hardware.emulator.streams import trace_factor
from hardware.learning import LearningRule
from hardware.learning.product import Factor
from hardware.network import Network


def learning_tables(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Write the rules of all connections; zeros where there is none.

    Returns
    -------
    rules, products, factors
        See ``Image``.
    """
    rules: list[tuple[int, ...]] = []
    products: list[tuple[int, ...]] = []
    factors: list[tuple[float, float]] = []
    for c in network.connections:
        rules.append(_rule_row(c.rule, len(products)))
        factors.append(
            (0.0, 0.0) if c.rule is None else (trace_factor(c.rule.x1_tau), trace_factor(c.rule.x2_tau))
        )
        if c.rule is not None:
            products += _product_rows(c.rule)
    return (
        np.array(rules, np.int64),
        np.array(products, np.int64).reshape(-1, 9),
        np.array(factors, np.float64),
    )


def _rule_row(rule: LearningRule | None, first_product: int) -> tuple[int, ...]:
    if rule is None:
        return (0, 0, 0, first_product, 0, 0)
    needs_y1 = all("y1" in product.variables for product in rule.products)
    return (rule.epoch, rule.x1_impulse, rule.x2_impulse, first_product, len(rule.products), needs_y1)


def _product_rows(rule: LearningRule) -> list[tuple[int, ...]]:
    return [
        (
            product.mantissa,
            product.shift,
            product.exponent + LEARNING_FRACTION_BITS,
            product.dependency == "x0",
            product.decimation,
            *(product.factors.count(Factor(variable)) for variable in COUNTED),
        )
        for product in rule.products
    ]
