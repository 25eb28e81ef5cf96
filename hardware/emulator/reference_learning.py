"""The specification of learning: sums of products, rounding, ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hardware.chip.widths import (
    DELAY_TAG_MAX,
    LEARNING_ACCUMULATOR_MAX,
    LEARNING_ACCUMULATOR_MIN,
    LEARNING_FRACTION_BITS,
    TAG_MAX,
    TAG_MIN,
)
from hardware.emulator.reference_synapses import Join
from hardware.emulator.reference_traces import History, PostTraces, PreTraces
from hardware.emulator.streams import Streams, synapse_draw, synapse_key
from hardware.fixed import clamp, round_up_if
from hardware.learning import LearningRule
from hardware.learning.product import SYNAPTIC, Factor, Product
from hardware.learning.rule import Rounding


class Plasticity:
    """What a connection that learns keeps beside its weights, during one sample.

    Parameters
    ----------
    rule : LearningRule
        What it learns by.
    sources, targets : int
        Units that it joins.
    connection : int
        Its number among the network's connections, which chooses the draws of independent rounding.
    joins : list of Join, optional
        What each weight joins, by default as in dense synapses, target by target; all pairs change the one weight.

    Attributes
    ----------
    pre, post : PreTraces, PostTraces
        Traces of sources and targets.
    tag_1, tag_2 : list of int
        Tag and delay of each weight, in the order of weights.
    """

    def __init__(
        self,
        rule: LearningRule,
        sources: int,
        targets: int,
        connection: int = 0,
        joins: list[Join] | None = None,
    ) -> None:
        self.rule, self._connection = rule, connection
        pairs = [(target, source) for target in range(targets) for source in range(sources)]
        self._joins = joins or [Join(number, [pair]) for number, pair in enumerate(pairs)]
        self.pre, self.post = PreTraces(rule, sources), PostTraces(rule, targets)
        self.tag_1, self.tag_2 = ([0] * len(self._joins) for _ in range(2))

    def state(self, name: str) -> list[int]:
        """Return a trace of each unit, or a tag of each synapse."""
        if name in ("tag_1", "tag_2"):
            return self.tag_1 if name == "tag_1" else self.tag_2
        return (self.pre if name in self.pre.values else self.post).values[name]

    def observe(
        self, sent: Sequence[int], fired: Sequence[int], third: Mapping[str, Sequence[int]], step: int
    ) -> None:
        """Note the messages of sources and targets, and the targets' third factors."""
        time = (step - 1) % self.rule.epoch + 1
        self.pre.observe(sent, time)
        self.post.observe(fired, third, time)

    def learn(self, weights: list[int], bounds: tuple[int, int], streams: Streams, step: int) -> None:
        """Apply the rule at an epoch's end (Lava: ``run_lrn``); ``weights`` are listed as ``joins`` are."""
        if step % self.rule.epoch:
            return
        epoch = step // self.rule.epoch
        pre = self.pre.histories(float(streams.x[step]))
        post = self.post.histories(float(streams.y[step]))
        for at, (number, pairs) in enumerate(self._joins):
            places = [self._moments(pre[source], post[unit], source, unit) for unit, source in pairs]
            old = {"w": weights[at], "d": self.tag_2[at], "t": self.tag_1[at]}
            sums = {name: self._sum(name, places, old, epoch) for name in SYNAPTIC}
            new = self._rounded(sums, streams, epoch, number)
            if self.rule.dw:
                weights[at] = clamp(new["w"], *bounds)
            if self.rule.dd:
                self.tag_2[at] = clamp(new["d"], 0, DELAY_TAG_MAX)
            if self.rule.dt:
                self.tag_1[at] = clamp(new["t"], TAG_MIN, TAG_MAX)
        self.pre.close(pre)
        if self.rule.two_factor:
            self.post.close(post)
        else:
            self.post.forget()

    def _rounded(self, sums: dict[str, int], streams: Streams, epoch: int, synapse: int) -> dict[str, int]:
        """Drop the fractional bits of each sum, rounded by chance."""
        if self.rule.rounding is Rounding.SHARED:
            draw = float(streams.rounding[epoch])
            return {name: round_up_if(total, LEARNING_FRACTION_BITS, draw) for name, total in sums.items()}
        key = synapse_key(streams.seed, self._connection)
        draws = synapse_draw(key, epoch, synapse)
        return {
            name: (total + own) >> LEARNING_FRACTION_BITS
            for (name, total), own in zip(sums.items(), draws, strict=True)
        }

    def _moments(
        self, x_history: History, y_history: History, source: int, unit: int
    ) -> dict[str, dict[str, int]]:
        """Return the traces in the moments at which products read them, by the letter of the dependency."""
        times = {"x": self.pre.fired_at[source], "y": self.post.fired_at[unit], "u": self.rule.epoch}
        spikes = {"x0": int(times["x"] > 0), "y0": int(times["y"] > 0)}
        return {letter: {**x_history[time], **y_history[time], **spikes} for letter, time in times.items()}

    def _sum(self, name: str, places: list[dict[str, dict[str, int]]], old: dict[str, int], epoch: int) -> int:
        """Add a sum of products, at each place in turn, to the weight's old value, with fractional bits."""
        total = old[name] << LEARNING_FRACTION_BITS
        for moments in places:
            for product in self.rule.sums.get(f"d{name}", ()):
                values = {**moments[product.dependency[0]], **old}
                gate = values.get(product.dependency, int(epoch % (1 << product.decimation) == 0))
                total = _accumulated(total + _product(product, values, gate))
        return total


def _product(product: Product, values: dict[str, int], gate: int) -> int:
    """Evaluate one product (Lava: ``LearningRuleApplierBitApprox.apply``)."""
    total = product.mantissa * gate
    for factor in product.factors:
        total *= _factor(factor, values[factor.variable])
    return _accumulated((total >> product.shift) << (product.exponent + LEARNING_FRACTION_BITS))


def _factor(factor: Factor, value: int) -> int:
    """Add a factor's constant; take the sign, or what fits its width."""
    value += factor.constant
    if factor.sign:
        return (value > 0) - (value < 0)
    return clamp(value, -(1 << factor.bits), (1 << factor.bits) - 1)


def _accumulated(total: int) -> int:
    """Keep what fits the learning accumulator."""
    return clamp(total, LEARNING_ACCUMULATOR_MIN, LEARNING_ACCUMULATOR_MAX)
