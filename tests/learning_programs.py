"""Programs with learning neurons: readouts that send errors, layers that hear them, rewards."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.learning import Feedback, LearningRule, Reward
from hardware.learning.rule import Graded, Rounding
from hardware.network import Connection, Layer
from hardware.neurons.cuba import Cuba, Reset
from hardware.neurons.readout import Readout
from hardware.program import Program
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.synapse import Synapse
from tests.every_kind import kernel, network, sparse
from tests.programs import Case, cuba, dense, neurons

UPWARD = LearningRule.parse("2^-3*u0*x1*y1", epoch=16, x1_impulse=8, x1_tau=4095)
"""Of connections towards the readout: one update a sample, at the end of its 16 steps."""
ELIGIBLE = LearningRule.parse("2^0*u0*t*y1", dt="2^1*u0*x1*y3 - 2^-2*u0*t", epoch=2, x1_impulse=20, x1_tau=6)
"""Tags gather where spikes meet a unit near its threshold, weights take them with the error, as in e-prop."""
BACKWARD = LearningRule.parse("2^-3*x0*x1*y2", epoch=1, x1_impulse=0, x1_tau=4095, graded=Graded.OVERWRITE)
"""Of the connection that brings errors back: an update in each step in which the readout sends one."""
FIRST, LAST, BACK = "input->hidden", "hidden->out", "out->hidden:error"


def whole(
    inputs: int = 5,
    hidden: int = 6,
    classes: int = 3,
    *,
    lead: int = 3,
    first: LearningRule = UPWARD,
    upward: LearningRule | None = UPWARD,
    backward: LearningRule | None = BACKWARD,
    weights: tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]] | None = None,
    neuron: Cuba | None = None,
    exponent: int = 0,
    readout: dict[str, int] | None = None,
    **feedback: int,
) -> Program:
    """Input, hidden layer and readout, of which every connection learns; errors come back to the hidden layer."""
    rng = np.random.default_rng(inputs + hidden + classes)
    shapes = (hidden, inputs), (classes, hidden), (hidden, classes)
    into, last, back = weights or [(rng.integers(-60, 61, shape) * 2).astype(np.int16) for shape in shapes]
    neuron = neuron or Cuba(4096, 0, 90, np.zeros(hidden, np.int16), reset=Reset.SUBTRACT)
    values = {"margin": 300, "shift": 2, "ceiling": -300, **(readout or {})}
    return network(
        inputs,
        [
            Layer("hidden", neuron, Feedback(**{"shift": 4, "most": 12, "lead": lead, **feedback})),
            Layer("out", Readout(classes, **values, lead=lead)),
        ],
        [
            Connection("input", "hidden", Dense(into), first),
            Connection("hidden", "out", Dense(last), upward),
            Connection("out", "hidden", Dense(back, exponent), backward, port="error"),
        ],
    )


def rewarded(text: str, *, layer: Layer | None = None, **more: Any) -> Program:
    """One layer that learns from its input by a reward."""
    rule = LearningRule.parse(text, **{"epoch": 4, "x1_impulse": 30, "x1_tau": 7, **more})
    layer = layer or Layer("a", cuba(4), Reward())
    return network(5, [layer], [Connection("input", "a", dense(4, 5, seed=3), rule)])


def graded_readout() -> Program:
    """A readout that gets integers of all sizes, so that its sum saturates, and learns by its own errors."""
    rule = LearningRule.parse("2^-2*u0*x1*y1", epoch=4, x1_impulse=0, x1_tau=9, graded=Graded.SATURATE)
    readout = Layer("a", Readout(3, margin=2**23 - 1, shift=17, ceiling=1 - 2**23, lead=2))
    return network(3, [readout], [Connection("input", "a", dense(3, 3, seed=1), rule)], graded=True)


def _two_hidden() -> Program:
    """Two hidden layers that hear the same errors, and recurrent synapses that learn."""
    built = whole(hidden=4).network
    second = Layer("second", cuba(4, threshold=30), Feedback(shift=2, most=15, counts=127, window=40))
    return network(
        5,
        [built.layers[0], second, built.layers[1]],
        [
            *(c for c in built.connections if c.name != LAST),
            Connection("hidden", "second", dense(4, 4, seed=2), ELIGIBLE),
            Connection("second", "second", dense(4, 4, seed=4), UPWARD),
            Connection("second", "out", dense(3, 4, seed=5), UPWARD),
            Connection("out", "second", dense(4, 3, seed=6), port="error"),
        ],
    )


def three_readouts() -> Program:
    """One hidden layer that hears three readouts, whose errors together are more than 24 bits hold."""
    neuron = Cuba(4096, 0, 90, np.zeros(4, np.int16), reset=Reset.SUBTRACT)
    readouts = [Layer(f"out{k}", Readout(2, margin=8388607, shift=0, ceiling=-8388607)) for k in range(3)]
    back = np.array([[254, -256], [-256, 254], [2, 4], [254, 254]], np.int16)
    connections = [Connection("input", "hidden", dense(4, 5, seed=1), UPWARD)]
    for layer in readouts:
        connections += [
            Connection("hidden", layer.name, dense(2, 4, seed=2), UPWARD),
            Connection(layer.name, "hidden", Dense(back, 7), port="error"),
        ]
    return network(5, [Layer("hidden", neuron, Feedback(shift=17, most=16)), *readouts], connections)


def learned_by(synapse: Synapse, text: str = "2^-5*u0*x1*y1", *, graded: bool = False, **more: Any) -> Program:
    """One layer with a reward, whose synapses of any kind learn."""
    values = {"epoch": 4, "x1_impulse": 0 if graded else 30, "x1_tau": 7, **more}
    rule = LearningRule.parse(text, graded=Graded.SATURATE if graded else Graded.IMPULSE, **values)
    layer = Layer("a", cuba(synapse.targets), Reward())
    return network(synapse.sources, [layer], [Connection("input", "a", synapse, rule)], graded=graded)


IMAGES = {
    "plain": Convolution(kernel(3, 2, 2, 3, seed=1), (2, 4, 5), (3, 3, 3)),
    "strided and padded": Convolution(kernel(2, 2, 3, 3, seed=2), (2, 5, 5), (2, 3, 3), (2, 2), (1, 1)),
    "dilated, in groups": Convolution(kernel(4, 1, 2, 2, seed=3), (2, 4, 4), (4, 2, 2), dilation=(2, 2), groups=2),
    "transposed": Convolution(kernel(2, 3, 2, 2, seed=4), (2, 3, 3), (3, 6, 6), (2, 2), transposed=True),
    "of one place": Convolution(kernel(3, 2, 2, 2, seed=5), (2, 2, 2), (3, 1, 1)),
    "half in the border": Convolution(kernel(2, 1, 3, 3, seed=6), (1, 1, 1), (2, 1, 1), padding=(1, 1)),
}
_LISTED = sparse(6, 7, seed=4)
_FULL = np.where(np.arange(36).reshape(6, 6) % 5 < 3, 254, -256).astype(np.int16)
WHOLE = Case("a whole network", whole(), samples=8)
LEARNERS = [
    WHOLE,
    Case("a whole network, errors halved", whole(), samples=8, told={"anneal": 1}),
    Case("a whole network, errors halved until none is left", whole(), samples=8, told={"anneal": 7}),
    Case("a whole network that learned before", whole(), samples=3, told={"after": 5}),
    Case("a whole network that learned for long", whole(), samples=2, told={"after": 40000}),
    Case("errors come back over synapses that stay", whole(backward=None), samples=6),
    Case("the first connection is frozen", whole(), samples=6, told={"frozen": [FIRST]}),
    Case("errors come back over frozen synapses", whole(), samples=6, told={"frozen": [BACK]}),
    Case("everything is frozen", whole(), samples=3, told={"frozen": [FIRST, LAST, BACK]}),
    Case("the shortest lead", whole(lead=2), samples=6),
    Case("a lead of all steps but one", whole(lead=15), samples=6),
    Case("a unit that fired enough learns nothing", whole(most=1), samples=6, density=0.8),
    Case("spikes count nothing", whole(counts=0), samples=5),
    Case("spikes count all at once", whole(counts=127), samples=5, density=0.8),
    Case("one count for errors of both signs", whole(once=1), samples=5, density=0.8),
    Case("errors that saturate the third factor", whole(shift=0, readout={"margin": 8388607, "shift": 0}),
         samples=6),
    Case("the sum of errors saturates", whole(6, exponent=7, shift=17, most=16, backward=None, weights=(
        _FULL[:, :3].repeat(2, 1), _FULL[:3], _FULL[:, :3])), samples=6),
    Case("three readouts whose errors saturate", three_readouts(), samples=6),
    Case("errors too small for the hidden layer", whole(shift=23), samples=4),
    Case("units that are right", whole(readout={"margin": 1, "shift": 0, "ceiling": 0}), samples=8, density=0.1),
    Case("no spikes, no lesson", whole(), samples=3, density=0.0),
    Case("two hidden layers", _two_hidden(), samples=6),
    Case("a leaky hidden layer that rests after a spike", whole(neuron=cuba(6, refractory=3)), samples=6,
         density=0.7),
    Case("thresholds of each unit, and a window around them",
         whole(neuron=cuba(6, threshold=np.arange(0, 60, 10)), window=25,
               first=LearningRule.parse("2^-2*u0*x1*y3 - 2^-3*u0*x2*y1", epoch=2, x1_impulse=20, x1_tau=6,
                                         x2_impulse=30, x2_tau=9)), samples=6),
    Case("eligibility and error", whole(window=60, first=ELIGIBLE), samples=8),
    Case("eligibility in a leaky layer", whole(neuron=cuba(6), window=90, most=16, first=ELIGIBLE), samples=6,
         density=0.6),
    Case("the widest window", whole(window=131071, first=LearningRule.parse(
        "2^-4*u0*x1*y3", epoch=2, x1_impulse=20, x1_tau=6)), samples=4),
    Case("reward where tags are", rewarded("2^-4*u0*t*y1", dt="2^-1*x0*x1 - 2^-3*u0*t"), samples=10),
    Case("reward where both fired", rewarded("2^-3*u2*x1*y1 - 2^-2*y0*x1"), samples=8),
    Case("reward of readers of every size", rewarded("2^-5*u0*(w+9)*y1"), samples=8),
    Case("a reward, frozen", rewarded("2^-4*u0*x1*y1"), samples=4, told={"frozen": ["input->a"]}),
    Case("a reward is not halved", rewarded("2^-4*u0*x1*y1"), samples=6, told={"anneal": 7}),
    Case("listed synapses", learned_by(_LISTED), samples=8),
    Case("listed synapses with tags and delays", learned_by(
        _LISTED, "2^-2*u0*t*y1 - 2^-4*u0*w", dt="2^-1*x0*x1", dd="2^-2*y0*x1"), samples=8),
    Case("listed synapses, each rounded alone", learned_by(_LISTED, rounding=Rounding.INDEPENDENT), samples=8),
    Case("listed synapses of integers", learned_by(sparse(6, 7, seed=5, exponent=2), graded=True), samples=6,
         graded=(-300, 600)),
    *(Case(f"a convolution that learns, {name}", learned_by(image), samples=6) for name, image in IMAGES.items()),
    Case("a convolution, each weight rounded alone", learned_by(
        IMAGES["plain"], rounding=Rounding.INDEPENDENT, weight_limit=256), samples=8),
    Case("a convolution forgets at every place", learned_by(
        IMAGES["strided and padded"], "2^-4*x0*y1 - 2^-5*u1*w", epoch=2), samples=8),
    Case("a convolution of two factors", learned_by(
        IMAGES["plain"], "2^-4*y0*x1 - 2^-4*x0*y1", two_factor=True, y1_impulse=40, y1_tau=6), samples=6),
    Case("a convolution whose sums reach both ends on the way", learned_by(
        IMAGES["plain"], "7*2^4*u0*x1 - 7*2^4*u0*x2*y1", x2_impulse=90, x2_tau=3, epoch=16), samples=6),
    Case("a convolution of integers", learned_by(IMAGES["transposed"], graded=True), samples=6,
         graded=(-300, 600)),
    Case("a readout of integers", graded_readout(), samples=8, graded=(-(2**20), 2**20)),
]  # fmt: skip
"""Each is learned with every state probed."""


@st.composite
def whole_cases(draw: st.DrawFn) -> Case:
    """Any whole network of one hidden layer, told anything that may be told."""
    inputs, hidden, classes = (draw(st.integers(1, 4)) for _ in range(3))
    steps, lead = draw(st.sampled_from([8, 16])), draw(st.integers(2, 7))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    shapes = (hidden, inputs), (classes, hidden), (hidden, classes)
    into, last, back = ((rng.integers(-128, 128, shape) * 2).astype(np.int16) for shape in shapes)
    kept = {"rounding": draw(st.sampled_from(Rounding)), "weight_limit": draw(st.sampled_from([2, 128, 256]))}
    first = draw(st.sampled_from([UPWARD, ELIGIBLE]))
    limit = kept["weight_limit"]
    into, last, back = (np.clip(weights, -limit, limit - 1) & ~1 for weights in (into, last, back))
    margin = draw(st.sampled_from([1, 2**23 - 1]) | st.integers(1, 3000))
    gap = draw(st.integers(1, 5000))
    built = whole(
        inputs,
        hidden,
        classes,
        lead=lead,
        first=dataclasses.replace(first, epoch=draw(st.sampled_from([1, 2, 8])), **kept),
        upward=draw(st.none() | st.just(dataclasses.replace(UPWARD, epoch=8, **kept))),
        backward=draw(st.none() | st.just(dataclasses.replace(BACKWARD, **kept))),
        weights=(into, last, back),
        neuron=draw(neurons(hidden)) if draw(st.booleans()) else None,
        exponent=draw(st.sampled_from([0, 0, -3, 7])),
        readout={"margin": margin, "shift": draw(st.integers(0, 8)), "ceiling": margin - gap},
        shift=draw(st.integers(0, 20)),
        most=draw(st.integers(1, 17)),
        counts=draw(st.sampled_from([0, 8, 127]) | st.integers(0, 127)),
        once=draw(st.integers(0, 1)),
        window=draw(st.sampled_from([1, 131071]) | st.integers(1, 300)),
    )
    plastic = [connection.name for connection in built.network.plastic]
    told = {
        "anneal": draw(st.integers(0, 7)),
        "after": draw(st.integers(0, 40)),
        "frozen": draw(st.lists(st.sampled_from(plastic), unique=True)),
    }
    samples, density = draw(st.integers(1, 4)), draw(st.sampled_from([0.2, 0.6, 1.0]))
    return Case("drawn", built, samples, steps, density, draw(st.integers(0, 1000)), told=told)
