"""Programs whose connections learn by rules of every kind."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from hardware.chip.known import LOIHI2
from hardware.learning import LearningRule
from hardware.learning.product import POST_TRACES
from hardware.learning.rule import Graded, Rounding
from hardware.network import Connection, Layer, Network
from hardware.program import Program
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.synapse import Synapse
from tests.any_rule import any_rules
from tests.every_kind import kernel, sparse
from tests.programs import TEACHER, Case, cuba, dense, learner, program

PRE = {"epoch": 4, "x1_impulse": 30, "x1_tau": 7, "x2_impulse": 11, "x2_tau": 30}
POST = {"y1_impulse": 40, "y1_tau": 6, "y2_impulse": 9, "y2_tau": 50, "y3_impulse": 127, "two_factor": True}


def rule(dw: str = "", **more: object) -> LearningRule:
    """Read a rule with the usual presynaptic traces."""
    return LearningRule.parse(dw, **{**PRE, **more})


def reader(rule: LearningRule, units: int = 4) -> Program:
    """Units that read integers from the host and learn."""
    learned = Connection("input", "a", _held(dense(units, 5, seed=3), rule), rule)
    teacher = None if rule.two_factor else TEACHER
    return Program(Network(5, (Layer("a", cuba(units), teacher),), (learned,), graded_input=True), LOIHI2)


def _held(synapse: Synapse, rule: LearningRule) -> Synapse:
    """Clip weights to what the rule keeps them in."""
    return synapse.with_weights(np.clip(synapse.weights, *rule.bounds(-256, 255)))


def pair(rule: LearningRule) -> Program:
    """Two layers without a teacher, the second of which drives itself by the same rule; it fires late."""
    late = Layer("b", cuba(3, threshold=30), delays=np.array([0, 2, 1], np.int16))
    return program(
        Connection("input", "a", dense(6, 4, seed=1)),
        Connection("a", "b", _held(dense(3, 6, seed=2), rule), rule),
        Connection("b", "b", Dense(np.zeros((3, 3), np.int16), grid=WeightGrid(SignMode.EXCITATORY)), rule),
        inputs=4,
        layers=(Layer("a", cuba(6)), late),
    )


def over_images() -> Program:
    """Images with several channels on both sides of what learns: convolution, listed and dense synapses."""
    both = rule("2^-4*y0*x1 - 2^-4*x0*y1 + 2^-6*u0*w", **POST)
    alone = rule("2^-5*u0*x1*y1 - 2^-6*x0*w", rounding=Rounding.INDEPENDENT, weight_limit=200, **POST)
    return program(
        Connection("input", "a", Convolution(kernel(2, 2, 2, 2, seed=1), (2, 4, 4), (2, 3, 3)), both),
        Connection("a", "b", _held(Convolution(kernel(3, 2, 2, 2, seed=2), (2, 3, 3), (3, 2, 2)), alone), alone),
        Connection("a", "c", _held(sparse(4, 18, seed=3), alone), alone),
        Connection("b", "c", _held(dense(4, 12, seed=4), alone), alone),
        Connection("b", "b", dense(12, 12, seed=5), both),
        inputs=32,
        layers=(Layer("a", cuba(18)), Layer("b", cuba(12, threshold=30)), Layer("c", cuba(4))),
    )


EVERY_RULE = [
    Case("images learn", over_images(), samples=4),
    Case("spike-timing dependent plasticity", pair(rule("2^-2*y0*x1 - 2^-2*x0*y1", **POST)), samples=4),
    Case("three traces of the target", pair(rule("2^-2*u1*y1*x1 - 2^-3*x0*y2 + y0*y3 - y0*x2", **POST)),
         samples=4),
    Case("two factors, spikes of both sides as factors", pair(rule("2^3*u0*x0*y0 - 2^2*x0*(y0-1)*y0", **POST)),
         samples=4),
    Case("a tag that gathers and a weight that takes it", learner(
        rule("2^-4*u2*t*y1", dt="2^-2*x0*x1 - 2^-3*u2*t")), samples=5),
    Case("a learned delay", learner(rule("2^-5*u0*d*y1", dd="2^-4*x0*(w+40) - 2^-5*u0*d")), samples=5),
    Case("a tag and a delay alone", learner(rule(dd="2^-2*x0*x1", dt="2^-1*u0*y1*sgn(d)")), samples=4),
    Case("constants and signs", learner(rule("2^-2*u0*(x1-9)*sgn(w+3) - 3*x0*(w-1)*sgn(t)", dt="u0*(y1+2)")),
         samples=5),
    Case("tags sink below what the accumulator holds, and rise by themselves", learner(
        rule("2^-4*u0*x1*y1", dt="-7*2^8*x0*x1 - 2^-7*u0*x1*x2", rounding=Rounding.INDEPENDENT)), samples=24),
    *(
        Case(f"independent rounding of {what}", built, samples=5)
        for what, built in {
            "weights": learner(rule("2^-7*u0*x1*y1", rounding=Rounding.INDEPENDENT, weight_limit=20)),
            "weights by two products": learner(
                rule("2^-5*u0*x1*y1 - 2^-7*x0*y1", rounding=Rounding.INDEPENDENT, weight_limit=128)),
            "weights, tags and delays": pair(rule("2^-3*y0*x1 - 2^-7*u0*d*t", dt="2^-4*x0*y2 - 2^-3*u0*t",
                dd="2^-3*y0*x2", rounding=Rounding.INDEPENDENT, **POST)),
        }.items()
    ),
    Case("a third factor loses its sign where the unit fired", learner(rule("2^-2*y0*y1 + 2^-3*u0*y1*y0")),
         samples=6, density=0.9),
    *(
        Case(
            f"payloads, {mode.value}, {'two' if more else 'three'} factors",
            reader(rule("2^-3*u0*x1 - 2^-2*x0*x2", dt="y0*x1", x1_impulse=0, graded=mode, **more)),
            samples=4, graded=(-90, 300),
        )
        for mode in Graded if mode is not Graded.IMPULSE for more in (POST, {})
    ),
]  # fmt: skip


@st.composite
def cases_of_other_synapses(draw: st.DrawFn) -> Case:
    """Any rule between images or listed units; a convolution has no tags and no delays."""
    shared = draw(st.booleans())
    fitting = any_rules(ours=True, graded=Graded.IMPULSE).filter(
        lambda rule: rule.epoch in (1, 2, 8, 16) and _heard(rule) and not (shared and _has_tags(rule))
    )
    rule = draw(fitting)
    first, second = sparse(8, 18, seed=1, share=0.3), sparse(12, 8, seed=2)
    if shared:
        first = Convolution(kernel(2, 2, 2, 2, seed=3), (2, 3, 3), (2, 2, 2))
        second = Convolution(kernel(3, 2, 1, 1, seed=4), (2, 2, 2), (3, 2, 2))
    built = program(
        Connection("input", "a", _held(first, rule), rule),
        Connection("a", "b", _held(second, rule), rule),
        inputs=18,
        layers=(Layer("a", cuba(8, threshold=10)), Layer("b", cuba(12, threshold=10))),
    )
    return Case(
        "drawn",
        built,
        samples=draw(st.integers(1, 3)),
        density=draw(st.sampled_from([0.1, 0.5, 1.0])),
        seed=draw(st.integers(0, 1000)),
    )


def _has_tags(rule: LearningRule) -> bool:
    return bool(rule.dt or rule.dd) or not rule.variables.isdisjoint({"t", "d"})


@st.composite
def learning_cases(draw: st.DrawFn) -> Case:
    """Any rule between spiking layers or behind integers of the host."""
    fitting = any_rules(ours=True).filter(lambda rule: rule.epoch in (1, 2, 8, 16) and _heard(rule))
    rule = draw(fitting)
    graded = rule.graded is not Graded.IMPULSE
    return Case(
        "drawn",
        reader(rule) if graded else pair(rule),
        samples=draw(st.integers(1, 3)),
        density=draw(st.sampled_from([0.1, 0.5, 1.0])),
        seed=draw(st.integers(0, 1000)),
        graded=(-300, 600) if graded else None,
    )


def _heard(rule: LearningRule) -> bool:
    """Say whether somebody sends all third factors that a rule reads: the teacher of ``reader`` sends y1."""
    silent = set(POST_TRACES) - ({"y1"} if rule.graded is not Graded.IMPULSE else set())
    return rule.two_factor or rule.variables.isdisjoint(silent)
