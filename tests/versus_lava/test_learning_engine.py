"""The specification of learning equals Lava's learning engine, whatever the rule."""

import dataclasses

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hardware.emulator.reference_learning import Plasticity
from hardware.emulator.streams import Streams
from hardware.errors import NetworkError
from hardware.lava.call import Call
from hardware.lava.synapse_processes import synapses_process
from hardware.learning import LearningRule
from hardware.learning.grammar import parse_sum
from hardware.learning.product import POST_TRACES
from hardware.learning.rule import Graded
from hardware.lesson import Lesson
from hardware.network import Connection
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from tests.any_rule import any_rules, lavas_products, lavas_reading
from tests.versus_lava.in_process import import_lava, model

pytestmark = pytest.mark.lava
STATES = ("x1", "x2", *POST_TRACES, "tag_1", "tag_2")


@dataclasses.dataclass(frozen=True)
class Trial:
    """A rule, and what drives it: messages may be of any size, third factors too."""

    rule: LearningRule
    sign: SignMode
    seed: int
    steps: int
    density: float
    largest: int

    def drawn(self, sources=4, targets=3):
        rng = np.random.default_rng(self.seed)
        low, high = WeightGrid(self.sign).learned_range
        payload = (1, 1) if self.rule.graded is Graded.IMPULSE else (-300, 600)
        sent = rng.integers(*payload, (self.steps, sources), endpoint=True)
        sent *= rng.random(sent.shape) < self.density
        fired = (rng.random((self.steps, targets)) < self.density).astype(int)
        third = rng.integers(-self.largest, self.largest + 1, (3, self.steps, targets))
        tags = rng.integers(-257, 256, (targets, sources)), rng.integers(0, 256, (targets, sources))
        return rng.integers(low, high + 1, (targets, sources)), tags, sent, fired, third


@st.composite
def trials(draw):
    return Trial(
        draw(any_rules()),
        draw(st.sampled_from([SignMode.MIXED, SignMode.EXCITATORY, SignMode.INHIBITORY])),
        draw(st.integers(0, 2**31 - 4)),
        draw(st.integers(1, 70)),
        draw(st.sampled_from([0.05, 0.3, 1.0])),
        draw(st.sampled_from([5, 200, 2**20])),
    )


def assert_the_engine_is_lavas(trial):
    """Run both, side by side, and compare all they keep after every step."""
    rule, (weights, (tag_1, tag_2), sent, fired, third) = trial.rule, trial.drawn()
    grid = WeightGrid(trial.sign)
    synapse = Dense(np.zeros(weights.shape, np.int16), grid=grid)
    nobody = np.full(1, -1, np.int32)
    call = Call(trial.steps, sent, Lesson(nobody, nobody, trial.seed))
    graded = rule.graded is not Graded.IMPULSE
    lava = model(synapses_process(Connection("input", "a", synapse, rule), lambda: call, graded=graded))
    lava.weights, lava.tag_1, lava.tag_2 = weights.astype(np.int32), tag_1.copy(), tag_2.copy()
    ours, kept = Plasticity(rule, weights.shape[1], weights.shape[0]), weights.ravel().tolist()
    ours.tag_1, ours.tag_2 = tag_1.ravel().tolist(), tag_2.ravel().tolist()
    streams = Streams.draw(trial.seed, trial.steps)
    for step in range(1, trial.steps + 1):
        lava.time_step = step
        lava.s_in.parts = [sent[step - 1]]
        lava.s_in_bap.parts = [fired[step - 1]] if rule.hears_target else []
        factors = {} if rule.two_factor else dict(zip(POST_TRACES, third[:, step - 1].tolist(), strict=True))
        for name, values in factors.items():
            getattr(lava, f"s_in_{name}").parts = [values]
        lava.run_spk()
        ours.observe(sent[step - 1].tolist(), fired[step - 1].tolist(), factors, step)
        if lava.lrn_guard():
            lava.run_lrn()
        ours.learn(kept, grid.learned_range, streams, step)
        for name in STATES if rule.hears_target or not rule.two_factor else STATES[:2] + STATES[-2:]:
            at = f"{name} in step {step} of {rule.texts}"
            np.testing.assert_array_equal(ours.state(name), getattr(lava, name).ravel(), err_msg=at)
        np.testing.assert_array_equal(
            kept, lava.weights.ravel(), err_msg=f"weights in step {step} of {rule.texts}"
        )


@pytest.fixture(autouse=True, scope="module")
def _lava():
    import_lava()


@settings(max_examples=300, deadline=None)
@given(trials())
def test_any_rule_changes_traces_tags_delays_and_weights_as_in_lava(trial):
    assert_the_engine_is_lavas(trial)


@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(trials())
def test_any_rule_keeps_to_lavas_for_ten_thousand_steps(trial):
    assert_the_engine_is_lavas(dataclasses.replace(trial, steps=10_000))


@settings(max_examples=300, deadline=None)
@given(any_rules())
def test_lava_reads_every_rule_that_we_write_as_we_do(rule):
    assert lavas_reading(rule) == {name: told(products) for name, products in rule.sums.items()}


def told(products):
    """Write products as ``lavas_products`` does."""
    return [
        (p.mantissa, p.exponent, p.dependency, tuple((f.variable, f.constant, f.sign) for f in p.factors))
        for p in products
    ]


@pytest.mark.parametrize(
    ("text", "as_if"),
    [
        ("u0*(-x1)", "u0*x1"),
        ("u0*sgn(-w)", "u0*sgn(w)"),
        ("u0*(x0)*x1", "u0*x1"),
        ("u0*(w*3)", "u0*(w+3)"),
        ("u0*(3*w)", "u0*(w+3)"),
        ("u0*(w*2+3)", "u0*(w+2)"),
        ("u0*(x1+3+4)", "u0*(x1+3)"),
        ("x0*-3*u0", "x0-3*u0"),
        ("2**3*u0", "6*u0"),
        ("u0*x1 2", "2*u0*x1"),
        ("u0*u0", "u0"),
    ],
)
def test_lava_reads_another_rule_than_is_written(text, as_if):
    assert lavas_products(text) == told(parse_sum(as_if))
    try:
        ours = parse_sum(text)
    except NetworkError:
        return
    assert ours != parse_sum(as_if)


def test_lava_reads_u10_as_nothing():
    assert lavas_products("u10*x1") == [(0, 0, "u1", (("x1", 0, False),))]


@pytest.mark.parametrize("two_factor", [True, False])
def test_nothing_differs_in_ten_thousand_steps(two_factor):
    post = {f"{t}_{n}": v for t in POST_TRACES for n, v in (("impulse", 30), ("tau", 9))} if two_factor else {}
    rule = LearningRule.parse(
        "2^-2*x0*y1*x2 - 2^-2*y0*x1*(w + 9) + 2^-4*u1*t*y2",
        dd="2^-5*y0*x1 - 2^-6*u1*(d - 3)",
        dt="2^-3*x0*y3 - 2^-4*y0*x1*sgn(t) - 3*2^-6*u1*t",
        epoch=4,
        x1_impulse=40,
        x1_tau=11,
        x2_impulse=17,
        x2_tau=30,
        two_factor=two_factor,
        **post,
    )
    assert_the_engine_is_lavas(Trial(rule, SignMode.MIXED, 11, 10_000, 0.2, 120))
