"""The specification: every neuron, synapse and spike written out in plain integers.

Slow on purpose. Read this file to know what the chip model does; the fast engine must equal it bit for bit,
and both must equal Lava's process models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.backend import (
    Availability,
    Backend,
    RunResult,
    Session,
    check_learn,
    check_run,
    check_weights,
    count,
)
from hardware.chip import LEARNING_ACCUMULATOR_MAX, LEARNING_ACCUMULATOR_MIN, LEARNING_FRACTION_BITS, TRACE_MAX
from hardware.emulator.streams import THIRD_FACTOR_TAU, Streams, trace_factor
from hardware.fixed import align, clamp, decay, decay_trace, round_up_if, saturate, scale, word, wrap
from hardware.learning import FACTOR_BITS, LearningRule, Product
from hardware.network import INPUT, Connection, Layer
from hardware.program import Program
from hardware.spikes import SpikeTrain


class ReferenceBackend(Backend):
    """Runs Programs on the specification."""

    name = "reference"
    title = "the specification, in plain Python"

    def availability(self) -> Availability:
        """Return that it is always there."""
        return Availability(ok=True, reason="part of lava-fed")

    def load(self, program: Program) -> ReferenceSession:
        """Load a Program."""
        return ReferenceSession(program)


class ReferenceSession(Session):
    """A Program on the specification."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._weights = {c.name: c.synapse.weights.astype(int).tolist() for c in program.network.connections}

    def run(self, spikes: SpikeTrain, *, probes: Sequence[str] = ()) -> RunResult:
        """Run every sample from rest with the present weights."""
        check_run(self.program.network, spikes, probes, learning=False)
        return self._simulate(spikes, probes, None, None)

    def learn(
        self, spikes: SpikeTrain, labels: NDArray[np.integer[Any]], *, seed: int, probes: Sequence[str] = ()
    ) -> RunResult:
        """Run the samples one after another and learn."""
        network = self.program.network
        check_run(network, spikes, probes, learning=True)
        labels = check_learn(network, spikes, labels, seed)
        return self._simulate(spikes, probes, labels, Streams.draw(seed, spikes.samples * spikes.steps))

    def weights(self) -> dict[str, NDArray[np.int16]]:
        """Return the weights of the plastic connections."""
        return {c.name: np.array(self._weights[c.name], np.int16) for c in self.program.network.plastic}

    def write_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Replace the weights of plastic connections."""
        check_weights(self.program, weights)
        for name in weights:
            self._weights[name] = weights[name].astype(int).tolist()

    def _simulate(
        self,
        inputs: SpikeTrain,
        probes: Sequence[str],
        labels: NDArray[np.int32] | None,
        streams: Streams | None,
    ) -> RunResult:
        network = self.program.network
        spikes: dict[str, list[Any]] = {layer.name: [] for layer in network.layers}
        recorded: dict[str, list[Any]] = {probe: [] for probe in probes}
        step = 0
        for sample in range(inputs.samples):
            layers = {layer.name: _LayerState(layer) for layer in network.layers}
            traces = {c.name: _Traces(c.rule, c.synapse.sources) for c in network.connections if c.rule}
            arriving = {layer.name: [0] * layer.units for layer in network.layers}
            for array in (*spikes.values(), *recorded.values()):
                array.append([])
            for index in range(inputs.steps):
                step += 1
                taught = labels is not None and index == inputs.steps - 1 and labels[sample] >= 0
                sent = {INPUT: inputs.values[sample, index].tolist()}
                for name, state in layers.items():
                    sent[name] = state.advance(arriving[name])
                    if state.layer.teacher is not None:
                        label = int(labels[sample]) if taught and labels is not None else None
                        state.teach(arriving[name], label)
                arriving = {layer.name: [0] * layer.units for layer in network.layers}
                for connection in network.connections:
                    self._deliver(connection, sent[connection.source], arriving[connection.target])
                if streams is not None:
                    for connection in network.plastic:
                        traces[connection.name].observe(sent[connection.source], step)
                        self._learn(connection, traces[connection.name], layers[connection.target], streams, step)
                for name in spikes:
                    spikes[name][sample].append(list(sent[name]))
                for probe in recorded:
                    recorded[probe][sample].append(self._probe(probe, layers, traces))
        out = {name: np.array(array, np.uint8) for name, array in spikes.items()}
        return RunResult(
            spikes=out,
            probes={probe: np.array(array, np.int32) for probe, array in recorded.items()},
            counters=count(network, inputs, out, learning=labels is not None),
        )

    def _deliver(self, connection: Connection, sent: list[int], arriving: list[int]) -> None:
        """Sum the weights of the sources that fired; they arrive in the next step."""
        for target, row in enumerate(self._weights[connection.name]):
            total = sum(weight for weight, fired in zip(row, sent, strict=True) if fired)
            arriving[target] += scale(total, connection.synapse.exponent)

    def _learn(
        self, connection: Connection, traces: _Traces, target: _LayerState, streams: Streams, step: int
    ) -> None:
        """Apply the rule at an epoch's end (Lava: ``run_lrn``)."""
        rule = connection.rule
        if rule is None or step % rule.epoch:
            return
        epoch = step // rule.epoch
        histories = [traces.history(source, float(streams.x[step])) for source in range(len(traces.x1))]
        y_factor, y_draw = trace_factor(THIRD_FACTOR_TAU), float(streams.y[step])
        draw = float(streams.rounding[epoch])
        for unit, row in enumerate(self._weights[connection.name]):
            y_history = [target.y1[unit]]
            for _ in range(rule.epoch):
                y_history.append(decay_trace(y_history[-1], y_factor, y_draw))
            for source, weight in enumerate(row):
                total = weight << LEARNING_FRACTION_BITS
                for product in rule.products:
                    when = traces.fired_at[source] if product.dependency == "x0" else rule.epoch
                    gate = when > 0 if product.dependency == "x0" else epoch % (1 << product.decimation) == 0
                    x1, x2 = histories[source][when]
                    values = {"x1": x1, "x2": x2, "y1": y_history[when], "w": weight}
                    total = _accumulated(total + _product(product, values, gate))
                low, high = connection.synapse.grid.learned_range
                row[source] = clamp(round_up_if(total, LEARNING_FRACTION_BITS, draw), low, high)
        traces.close_epoch(histories)

    def _probe(self, probe: str, layers: dict[str, _LayerState], traces: dict[str, _Traces]) -> Any:
        name, _, state = probe.rpartition(".")
        if name in layers:
            return list(getattr(layers[name], state))
        if state == "weights":
            return [list(row) for row in self._weights[name]]
        return list(getattr(traces[name], state))


class _LayerState:
    """Membrane state of a layer during one sample."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.u, self.v, self.m, self.y1 = ([0] * layer.units for _ in range(4))

    def advance(self, arriving: list[int]) -> list[int]:
        """One step of the CUBA neurons; return who fired."""
        neuron, fired = self.layer.neuron, []
        bias = neuron.bias.tolist()
        for unit, activation in enumerate(arriving):
            u = wrap(word(decay(self.u[unit], neuron.current_decay) + align(activation)))
            v = saturate(word(decay(self.v[unit], neuron.voltage_decay) + u + bias[unit]))
            fires = v > align(neuron.threshold)
            self.u[unit], self.v[unit] = u, 0 if fires else v
            fired.append(int(fires))
        return fired

    def teach(self, arriving: list[int], label: int | None) -> None:
        """One step of the teacher; in a labelled sample's last step it sends the third factor."""
        teacher = self.layer.teacher
        if teacher is None:
            return
        for unit, activation in enumerate(arriving):
            self.m[unit] = saturate(self.m[unit] + activation)
            if label is None:
                self.y1[unit] = 0
            elif unit == label:
                self.y1[unit] = clamp((teacher.margin - self.m[unit]) >> teacher.shift, 0, TRACE_MAX)
            else:
                self.y1[unit] = -clamp((self.m[unit] - teacher.rest) >> teacher.shift, 0, TRACE_MAX)


class _Traces:
    """Presynaptic traces of a plastic connection during one sample."""

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

    def history(self, source: int, draw: float) -> list[tuple[int, int]]:
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

    def close_epoch(self, histories: list[list[tuple[int, int]]]) -> None:
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
