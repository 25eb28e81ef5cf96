"""The specification of learning: traces, products, rounding."""

from __future__ import annotations

from hardware.chip.widths import (
    LEARNING_ACCUMULATOR_MAX,
    LEARNING_ACCUMULATOR_MIN,
    LEARNING_FRACTION_BITS,
    TRACE_MAX,
)
from hardware.emulator.streams import THIRD_FACTOR_TAU, Streams, trace_factor
from hardware.fixed import clamp, decay_trace, round_up_if, saturate
from hardware.learning import FACTOR_BITS, LearningRule, Product, Teacher


class TeacherState:
    """A taught layer's accumulators and third factors during one sample.

    Attributes
    ----------
    m, y1 : list of int
        Sum of the synaptic input so far, and the third factor sent in this step, of each unit.
    """

    def __init__(self, teacher: Teacher, units: int) -> None:
        self.teacher = teacher
        self.m, self.y1 = [0] * units, [0] * units

    def advance(self, arriving: list[int], label: int) -> None:
        """One step; in a labelled sample's last step it sends the third factor, else the label is -1."""
        teacher = self.teacher
        for unit, activation in enumerate(arriving):
            self.m[unit] = saturate(self.m[unit] + activation)
            if label < 0:
                self.y1[unit] = 0
            elif unit == label:
                self.y1[unit] = clamp((teacher.margin - self.m[unit]) >> teacher.shift, 0, TRACE_MAX)
            else:
                self.y1[unit] = -clamp((self.m[unit] - teacher.rest) >> teacher.shift, 0, TRACE_MAX)


class Traces:
    """Presynaptic traces of a plastic connection during one sample.

    Attributes
    ----------
    x1, x2 : list of int
        The traces of each source.
    fired_at : list of int
        Step within the epoch, from 1, of each source's last spike; 0 for none.
    """

    def __init__(self, rule: LearningRule, sources: int) -> None:
        self.rule = rule
        self.x1, self.x2, self.fired_at = ([0] * sources for _ in range(3))

    def observe(self, sent: list[int], step: int) -> None:
        """Note who fired: the epoch remembers the last time; an earlier spike adds its impulse at once."""
        rule = self.rule
        for source, fired in enumerate(sent):
            if not fired:
                continue
            if self.fired_at[source]:
                self.x1[source] = clamp(self.x1[source] + rule.x1_impulse, 0, TRACE_MAX)
                self.x2[source] = clamp(self.x2[source] + rule.x2_impulse, 0, TRACE_MAX)
            self.fired_at[source] = (step - 1) % rule.epoch + 1

    def learn(
        self, weights: list[int], y1: list[int], bounds: tuple[int, int], streams: Streams, step: int
    ) -> None:
        """Apply the rule at an epoch's end (Lava: ``run_lrn``); ``weights`` are listed target by target."""
        rule = self.rule
        if step % rule.epoch:
            return
        epoch, sources = step // rule.epoch, len(self.x1)
        histories = [self._history(source, float(streams.x[step])) for source in range(sources)]
        y_factor, y_draw = trace_factor(THIRD_FACTOR_TAU), float(streams.y[step])
        draw = float(streams.rounding[epoch])
        for unit, third in enumerate(y1):
            y_history = [third]
            for _ in range(rule.epoch):
                y_history.append(decay_trace(y_history[-1], y_factor, y_draw))
            for source in range(sources):
                weight = weights[unit * sources + source]
                total = weight << LEARNING_FRACTION_BITS
                for product in rule.products:
                    when = self.fired_at[source] if product.dependency == "x0" else rule.epoch
                    gate = when > 0 if product.dependency == "x0" else epoch % (1 << product.decimation) == 0
                    x1, x2 = histories[source][when]
                    values = {"x1": x1, "x2": x2, "y1": y_history[when], "w": weight}
                    total = _accumulated(total + _product(product, values, gate))
                weights[unit * sources + source] = clamp(round_up_if(total, LEARNING_FRACTION_BITS, draw), *bounds)
        self._close_epoch(histories)

    def _history(self, source: int, draw: float) -> list[tuple[int, int]]:
        """Traces (x1, x2) at the epoch's start and after each of its steps."""
        rule = self.rule
        f1, f2 = trace_factor(rule.x1_tau), trace_factor(rule.x2_tau)
        past = [(self.x1[source], self.x2[source])]
        for time in range(1, rule.epoch + 1):
            x1, x2 = decay_trace(past[-1][0], f1, draw), decay_trace(past[-1][1], f2, draw)
            if self.fired_at[source] == time:
                x1 = clamp(x1 + rule.x1_impulse, 0, TRACE_MAX)
                x2 = clamp(x2 + rule.x2_impulse, 0, TRACE_MAX)
            past.append((x1, x2))
        return past

    def _close_epoch(self, histories: list[list[tuple[int, int]]]) -> None:
        """Keep the traces at the epoch's end and forget the spike times."""
        self.x1 = [past[-1][0] for past in histories]
        self.x2 = [past[-1][1] for past in histories]
        self.fired_at = [0] * len(self.fired_at)


def _product(product: Product, values: dict[str, int], gate: bool) -> int:
    """Evaluate one product (Lava: ``LearningRuleApplierBitApprox.apply``)."""
    total = product.mantissa * int(gate)
    for factor in product.factors:
        width = FACTOR_BITS[factor]
        total *= clamp(values[factor], -(1 << width), (1 << width) - 1)
    return _accumulated((total >> product.shift) << (product.exponent + LEARNING_FRACTION_BITS))


def _accumulated(total: int) -> int:
    """Keep what fits the learning accumulator."""
    return clamp(total, LEARNING_ACCUMULATOR_MIN, LEARNING_ACCUMULATOR_MAX)
