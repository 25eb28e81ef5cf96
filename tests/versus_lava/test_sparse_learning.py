"""Listed synapses learn as Lava's ``LearningSparse`` does, wherever that runs; where it fails is listed here."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.emulator.reference_learning import Plasticity
from hardware.emulator.reference_synapses import SynapseState
from hardware.emulator.streams import Streams
from hardware.learning import LearningRule
from hardware.learning.product import POST_TRACES, PRE_TRACES, SYNAPTIC
from hardware.learning.rule import Graded
from hardware.synapses.sparse import Sparse
from tests.any_rule import any_rules
from tests.versus_lava.in_process import import_lava, model

pytestmark = [pytest.mark.lava, pytest.mark.filterwarnings("ignore:.*sparse.*is inefficient")]
SOURCES, TARGETS = 5, 4
STATES = ("x1", "x2", *POST_TRACES)
PLAIN = LearningRule.parse("2^-2*u0*x1*y1", epoch=1, x1_impulse=16, x1_tau=10)


@pytest.fixture(autouse=True, scope="module")
def _lava():
    import_lava()


def lavas(rule, synapse, sign="MIXED", *, tags="entries", seed=1):
    """Return the model of ``LearningSparse``; its tags have an entry for each synapse, as they must, or not."""
    from lava.magma.core.learning.constants import GradedSpikeCfg
    from lava.magma.core.learning.learning_rule import Loihi2FLearningRule, Loihi3FLearningRule
    from lava.proc.sparse.process import LearningSparse
    from lava.utils.weightutils import SignMode
    from scipy.sparse import csr_matrix

    modes = dict(zip(Graded, GradedSpikeCfg, strict=True))
    kind, traces = (Loihi2FLearningRule, POST_TRACES) if rule.two_factor else (Loihi3FLearningRule, ())
    numbers = {
        f"{trace}_{what}": getattr(rule, f"{trace}_{what}")
        for trace in (*PRE_TRACES, *traces)
        for what in ("impulse", "tau")
    }
    ends = synapse.target_of, synapse.source_of
    given = {
        "entries": csr_matrix((np.zeros(synapse.weights.size, int), ends), synapse.shape),
        "empty": csr_matrix(synapse.shape, dtype=int),
        "default": None,
    }[tags]
    process = LearningSparse(
        weights=csr_matrix((synapse.weights.astype(np.int32), ends), synapse.shape),
        learning_rule=kind(**rule.texts, **numbers, t_epoch=rule.epoch, rng_seed=seed),
        graded_spike_cfg=modes[rule.graded],
        num_message_bits=0 if rule.graded is Graded.IMPULSE else 32,
        num_weight_bits=8 + (sign == "MIXED"),
        sign_mode=SignMode[sign],
        tag_1=given,
        tag_2=given,
    )
    return model(process)


def take(lava, rule, step, sent, fired, factors):
    """Let Lava's model take a step."""
    lava.time_step = step
    lava.s_in.parts = [sent]
    lava.s_in_bap.parts = [fired] if rule.hears_target else []
    for name, values in factors.items():
        getattr(lava, f"s_in_{name}").parts = [values]
    lava.run_spk()
    if lava.lrn_guard():
        lava.run_lrn()


@st.composite
def rules_without_the_synapse(draw):
    """Any rule that reads neither weight nor tag nor delay; it may change all of them."""
    rule = draw(any_rules())
    sums = {
        name: tuple(
            dataclasses.replace(
                product, factors=tuple(factor for factor in product.factors if factor.variable not in SYNAPTIC)
            )
            for product in products
        )
        for name, products in rule.sums.items()
    }
    return dataclasses.replace(rule, **sums)


@settings(max_examples=150, deadline=None)
@given(
    rules_without_the_synapse(),
    st.integers(0, 2**31 - 4),
    st.integers(1, 50),
    st.sampled_from([0.05, 0.3, 1.0]),
    st.sampled_from([5, 200, 2**20]),
)
def test_any_rule_that_does_not_read_the_synapse_is_lavas(rule, seed, steps, density, largest):
    rng = np.random.default_rng(seed)
    source_of, target_of = np.nonzero(rng.random((SOURCES, TARGETS)) < 0.5)
    if not source_of.size:
        source_of, target_of = np.array([0]), np.array([0])
    weights = rng.integers(-255, 255, source_of.size)
    weights[weights == 0] = 1  # Lava's forgets a synapse whose first weight is 0; here it is one that may learn
    synapse = Sparse(weights, target_of, source_of, (TARGETS, SOURCES))
    payload = (1, 1) if rule.graded is Graded.IMPULSE else (-300, 600)
    sent = rng.integers(*payload, (steps, SOURCES), endpoint=True) * (rng.random((steps, SOURCES)) < density)
    fired = (rng.random((steps, TARGETS)) < density).astype(int)
    third = rng.integers(-largest, largest + 1, (3, steps, TARGETS))
    lava = lavas(rule, synapse, seed=seed)
    ours = Plasticity(rule, SOURCES, TARGETS, joins=SynapseState(synapse).joins())
    kept, streams = synapse.weights.tolist(), Streams.draw(seed, steps)
    for step in range(1, steps + 1):
        factors = {} if rule.two_factor else dict(zip(POST_TRACES, third[:, step - 1].tolist(), strict=True))
        take(lava, rule, step, sent[step - 1], fired[step - 1], factors)
        ours.observe(sent[step - 1].tolist(), fired[step - 1].tolist(), factors, step)
        ours.learn(kept, synapse.grid.learned_range, streams, step)
        at = f"in step {step} of {rule.texts}"
        for name in STATES if rule.hears_target or not rule.two_factor else STATES[:2]:
            np.testing.assert_array_equal(ours.state(name), getattr(lava, name).ravel(), err_msg=f"{name} {at}")
        for name, values in {"weights": kept, "tag_1": ours.tag_1, "tag_2": ours.tag_2}.items():
            found = getattr(lava, name).toarray()[synapse.target_of, synapse.source_of]
            np.testing.assert_array_equal(values, found, err_msg=f"{name} {at}")


SMALL = Sparse(np.array([10, 6, 4, 8]), np.array([0, 1, 0, 1]), np.array([0, 1, 2, 2]), (2, 3))


@pytest.mark.parametrize("text", ["-2^-2*u0*w", "2^-2*u0*x1*(w + 3)", "u0*sgn(w)", "u0*t", "u0*x1*d"])
def test_lavas_fails_where_a_rule_reads_the_synapse(text):
    rule = dataclasses.replace(PLAIN, dw=LearningRule.parse(text, epoch=1, x1_impulse=0, x1_tau=0).dw)
    with pytest.raises((ValueError, NotImplementedError)):  # what Lava itself raises
        one_step(lavas(rule, SMALL), rule)


@pytest.mark.parametrize("sign", ["EXCITATORY", "INHIBITORY"])
def test_lavas_fails_where_weights_have_one_sign(sign):
    weights = SMALL.weights if sign == "EXCITATORY" else -SMALL.weights
    with pytest.raises(NotImplementedError):  # Lava's own
        one_step(lavas(PLAIN, dataclasses.replace(SMALL, weights=weights), sign), PLAIN)


@pytest.mark.parametrize("tags", ["empty", "default"])
def test_lavas_fails_where_a_tag_that_shall_change_has_no_entry(tags):
    rule = LearningRule.parse(dt="u0*x1", epoch=1, x1_impulse=16, x1_tau=10)
    with pytest.raises((AttributeError, TypeError)):
        one_step(lavas(rule, SMALL, tags=tags), rule)
    full = lavas(rule, SMALL)
    one_step(full, rule)
    assert full.tag_1.toarray().any()


def one_step(lava, rule):
    """Take a step in which everybody sends."""
    take(lava, rule, 1, np.ones(3, int), np.ones(2, int), {name: [40, -40] for name in POST_TRACES})
