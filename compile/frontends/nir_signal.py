"""What leads to a node: ways from units that hold state, delays on them, constants beside them."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_ways import after, applied, identity, listed, plus, scaled_rows
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, Shape, Weights
from hardware.chip import widths

Steps = NDArray[np.int64]
IMAGES = (ConvWeights, PoolWeights)
"""Ways whose meaning hangs on the shapes that they join."""


@dataclass(frozen=True, eq=False)
class Term:
    """One way into a node.

    Attributes
    ----------
    origin : str
        The source or neurons where it begins.
    source, target : tuple of int
        Shape of the origin, and of what the way makes of it.
    way : Weights
        How it reads.
    early, late : int64 array, shape () or (units,)
        Steps of delay in front of the way, by unit of the origin, and behind it, by unit of the target.
    """

    origin: str
    source: Shape
    target: Shape
    way: Weights
    early: Steps
    late: Steps

    def through(self, way: Weights, source: Shape, target: Shape, where: str) -> Term:
        """Return it with another way behind it, which reads it in the shape ``source``."""
        if isinstance(way, OneToOne):
            return self.scaled(way.weights)
        if self.late.ndim:
            raise UnsupportedLayerError(
                f"{where}: it mixes units that a delay holds back unequally; put neurons between, or the delay "
                "behind"
            )
        first = self.way
        images = isinstance(first, IMAGES) and isinstance(way, IMAGES)
        if images and self.target != source:
            first = listed(first, self.source, self.target)
        between = self.target if isinstance(first, IMAGES) else source
        joined = after(first, way, self.source, between, target)
        return dataclasses.replace(
            self, target=target, way=joined, early=self.early + self.late, late=np.zeros((), np.int64)
        )

    def delayed(self, steps: Steps) -> Term:
        """Return it held back."""
        if isinstance(self.way, OneToOne) or not steps.ndim:
            return dataclasses.replace(self, early=_level(self.early + steps))
        return dataclasses.replace(self, late=_level(self.late + steps))

    def scaled(self, factor: NDArray[np.float64]) -> Term:
        """Return it with a factor for each target unit, or one for all."""
        if (factor == 1).all():
            return self
        factors = np.broadcast_to(factor, (math.prod(self.target),)).copy()
        way = scaled_rows(self.way, factors, self.target)
        if way is None:
            way = after(self.way, OneToOne(factors), self.source, self.target, self.target)
        return dataclasses.replace(self, way=way)

    def beside(self, other: Term) -> Term:
        """Return both as one, where they begin at the same units and are held back alike."""
        first, second = self.way, other.way
        if self.target != other.target:
            first = listed(first, self.source, self.target) if isinstance(first, IMAGES) else first
            second = listed(second, other.source, other.target) if isinstance(second, IMAGES) else second
        return dataclasses.replace(self, way=plus(first, second, self.source, self.target))


@dataclass(frozen=True, eq=False)
class Signal:
    """All that leads to a node.

    Attributes
    ----------
    shape : tuple of int
        Shape in which the node sees it.
    terms : tuple of Term
        Ways, each origin once for each delay.
    constant : float64 array, shape () or (units,)
        What arrives in every step.
    """

    shape: Shape
    terms: tuple[Term, ...]
    constant: NDArray[np.float64]

    @classmethod
    def of(cls, origin: str, shape: Shape) -> Signal:
        """Return what units that hold state send."""
        none = np.zeros((), np.int64)
        return cls(shape, (Term(origin, shape, shape, identity(shape), none, none),), np.zeros(()))

    def through(
        self, way: Weights, source: Shape, target: Shape, bias: NDArray[np.float64] | None, where: str
    ) -> Signal:
        """Return it behind a linear node, which reads it in the shape ``source``."""
        constant = self.constant
        if constant.any():
            constant = applied(way, np.broadcast_to(constant, (math.prod(source),)), source, target)
        elif bias is not None:
            constant = np.zeros(math.prod(target))
        if bias is not None:
            constant = constant + np.repeat(bias, math.prod(target) // bias.size)
        terms = tuple(term.through(way, source, target, where) for term in self.terms)
        return Signal(target, terms, constant)

    def reshaped(self, shape: Shape) -> Signal:
        """Return it seen in another shape of as many units."""
        return dataclasses.replace(self, shape=shape)

    def delayed(self, steps: Steps, where: str) -> Signal:
        """Return it held back."""
        if self.constant.any() and steps.any():
            raise UnsupportedLayerError(
                f"{where} holds back a bias, which would begin late; move the bias behind the delay"
            )
        return dataclasses.replace(self, terms=tuple(term.delayed(steps) for term in self.terms))

    def scaled(self, factor: NDArray[np.float64]) -> Signal:
        """Return it with a factor for each unit, or one for all."""
        terms = tuple(term.scaled(factor) for term in self.terms)
        return Signal(self.shape, terms, self.constant * factor)

    def __add__(self, other: Signal) -> Signal:
        """Return both side by side; ways from the same origin become one."""
        merged: dict[tuple[str, bytes, bytes], Term] = {}
        for term in (*self.terms, *other.terms):
            key = (term.origin, term.early.tobytes(), term.late.tobytes())
            merged[key] = merged[key].beside(term) if key in merged else term
        return Signal(self.shape, tuple(merged.values()), self.constant + other.constant)


def delay_steps(seconds: NDArray[np.float64], dt: float, where: str) -> Steps:
    """Return delays as steps, shape () where all are equal.

    Raises
    ------
    UnsupportedLayerError
        Where one is not a whole number of steps, or beyond what the chip can hold back.
    """
    steps = seconds.reshape(-1) / dt
    whole = np.rint(steps)
    if np.abs(steps - whole).max() > 1e-3:
        worst = float(steps[np.abs(steps - whole).argmax()])
        raise UnsupportedLayerError(
            f"{where}: a delay is {worst:g} steps of {dt:g} s, not a whole number; choose a dt that divides it"
        )
    if whole.min() < 0 or whole.max() > widths.DELAY_MAX:
        raise UnsupportedLayerError(
            f"{where}: delays of {whole.min():g}..{whole.max():g} steps of {dt:g} s must lie in "
            f"0..{widths.DELAY_MAX}; choose a larger dt, or split the delay over neurons"
        )
    return _level(whole.astype(np.int64))


def delayed_dense(way: DenseWeights, early: Steps, late: Steps) -> DenseWeights:
    """Return dense weights that hold back by unit of the source and of the target."""
    steps = np.zeros(way.weights.shape, np.int64)
    steps += early
    steps += late[:, None] if late.ndim else late
    return DenseWeights(way.weights, steps.astype(np.uint8))


def _level(steps: Steps) -> Steps:
    return steps if steps.ndim == 0 or steps.min() != steps.max() else np.asarray(steps.flat[0])
