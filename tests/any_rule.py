"""Any learning rule that Lava's engine knows, and what it may be given."""

from __future__ import annotations

from hypothesis import strategies as st

from hardware.chip.widths import LEARNING_FACTOR_BITS_MAX
from hardware.learning import LearningRule
from hardware.learning.product import FACTOR_BITS, POST_TRACES, SPIKES, SYNAPTIC, Factor, Product, series
from hardware.learning.rule import Graded, Rounding


@st.composite
def factors(draw: st.DrawFn) -> Factor:
    """Any factor, the edges of constants more often than chance."""
    variable = draw(st.sampled_from(list(FACTOR_BITS)))
    constant = draw(st.just(0) | st.sampled_from([-256, -1, 1, 255]) | st.integers(-256, 255))
    return Factor(variable, constant, variable in SYNAPTIC and draw(st.booleans()))


@st.composite
def products(draw: st.DrawFn, decimation: int) -> Product:
    """Any product that reads every so many epochs."""
    chosen = draw(st.lists(factors(), max_size=4))
    while sum(factor.bits for factor in chosen) > LEARNING_FACTOR_BITS_MAX:
        chosen.pop()
    return Product(
        draw(st.integers(-7, 7).filter(bool)),
        draw(st.integers(-7, 8)),
        draw(st.sampled_from([*SPIKES, f"u{decimation}"])),
        tuple(chosen),
    )


@st.composite
def any_rules(
    draw: st.DrawFn, *, two_factor: bool | None = None, graded: Graded | None = None, ours: bool = False
) -> LearningRule:
    """Any rule for weights, delays and tags; of ``ours`` also what Lava lacks."""
    decimation = draw(st.integers(0, 3))
    sums = st.lists(products(decimation), max_size=3).map(tuple)
    dw, dd, dt = draw(st.tuples(sums, sums, sums).filter(any))
    two = draw(st.booleans()) if two_factor is None else two_factor
    mode = draw(st.sampled_from(Graded)) if graded is None else graded
    taus = st.sampled_from([0, 1, 4095]) | st.integers(0, 60)
    impulses = st.sampled_from([0, 1, 127]) | st.integers(0, 127)
    return LearningRule(
        dw=dw,
        dd=dd,
        dt=dt,
        epoch=draw(st.sampled_from([1, 2, 3, 8, 16, 63])),
        x1_impulse=draw(impulses) if mode is Graded.IMPULSE else 0,
        x1_tau=draw(taus),
        x2_impulse=draw(impulses),
        x2_tau=draw(taus),
        two_factor=two,
        graded=mode,
        rounding=draw(st.sampled_from(Rounding)) if ours else Rounding.SHARED,
        weight_limit=draw(st.sampled_from([1, 2, 100, 128, 256])) if ours else 256,
        **{f"{trace}_impulse": draw(impulses) for trace in POST_TRACES if two},
        **{f"{trace}_tau": draw(taus) for trace in POST_TRACES if two},
    )


def lavas_reading(rule: LearningRule) -> dict[str, list[tuple[object, ...]]]:
    """Return how Lava reads the rule's own texts, product by product."""
    return {name: lavas_products(series(products)) for name, products in rule.sums.items()}


def lavas_products(text: str) -> list[tuple[object, ...]]:
    """Return how Lava reads a sum: mantissa, exponent, dependency and factors of each product."""
    from lava.magma.core.learning.product_series import ProductSeries
    from lava.magma.core.learning.symbolic_equation import SymbolicEquation

    return [
        (
            product.s_mantissa,
            product.s_exp - 7,
            product.dependency + ("" if product.decimate_exponent is None else str(product.decimate_exponent)),
            tuple((factor.state_var, factor.const or 0, factor.is_sgn) for factor in product.factors),
        )
        for product in ProductSeries(SymbolicEquation("dw", text)).products
    ]
