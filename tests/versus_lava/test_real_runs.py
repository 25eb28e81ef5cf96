"""Runs on Lava's real simulator that the conformance table is too small for."""

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import LavaFedError
from hardware.lava.cpu import LavaBackend
from hardware.learning import LearningRule, Teacher
from hardware.network import Connection, Layer, Network
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Message, Reset
from hardware.neurons.neuron import FINE
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import IMAGINARY, Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta
from hardware.program import Program
from hardware.synapses.convolution import Convolution
from hardware.synapses.sparse import Sparse
from tests.every_kind import DIRECT, kernel
from tests.learning_programs import LEARNERS
from tests.programs import THREE_FACTOR, Case, cuba, dense, program
from tests.rule_programs import EVERY_RULE

pytestmark = pytest.mark.lava


def ring(layers):
    """A ring of layers, all driven by the input; the last two are taught, by two rules of unequal epochs."""
    names = [f"layer-{index}" for index in range(layers)]
    drives = [Connection("input", name, dense(3, 4, seed=index)) for index, name in enumerate(names)]
    links = [Connection(a, b, dense(3, 3, seed=9)) for a, b in zip(names, names[1:-2] + names[:1], strict=False)]
    slow = LearningRule.parse(
        "2^-3*u0*x1*y1 - 2^-4*x0*x2*y1", epoch=8, x1_impulse=30, x1_tau=7, x2_impulse=9, x2_tau=2
    )
    taught = [
        Connection(names[0], names[-2], dense(3, 3, seed=20), THREE_FACTOR),
        Connection(names[1], names[-1], dense(3, 3, seed=21), slow),
        Connection(names[-1], names[-1], dense(3, 3, seed=22), slow),
    ]
    teacher = Teacher(margin=500, shift=1)
    populations = [
        Layer(name, cuba(3, 2000 + i, 100), teacher if i >= layers - 2 else None) for i, name in enumerate(names)
    ]
    return Case("ring", program(*drives, *links, *taught, inputs=4, layers=tuple(populations)), samples=4)


def assert_same_run(case, run=lambda session, case: session.run(case.spikes, probes=case.probes)):
    """Run a case on Lava's simulator and compare all that can be seen; return what was sent."""
    with LavaBackend().load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        found, expected = run(session, case), run(reference, case)
        for name, sent in expected.spikes.items():
            assert found.spikes[name].dtype == sent.dtype
            np.testing.assert_array_equal(found.spikes[name], sent, err_msg=name)
        for name, states in expected.probes.items():
            np.testing.assert_array_equal(found.probes[name], states, err_msg=name)
        for name, weights in reference.weights().items():
            assert np.any(weights != case.program.weights()[name]), name
            np.testing.assert_array_equal(session.weights()[name], weights, err_msg=name)
        assert found.counters == expected.counters
    return expected.spikes


def test_more_layers_and_states_than_one_recorder_or_bank_holds():
    from hardware.lava.processes import recorder, state_bank  # these import Lava

    case = ring(10)
    assert len(case.program.network.layers) > recorder.SLOTS
    assert len(case.learning_probes) > state_bank.SLOTS
    assert_same_run(case, lambda s, c: s.learn(c.spikes, c.labels, seed=3, probes=c.learning_probes))


def test_the_order_of_probes_and_doubles_do_not_matter():
    case = ring(3)
    probes = ["layer-2.v", "layer-0.u", "layer-2.v"]
    with LavaBackend().load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        found = session.run(case.spikes, probes=probes)
        expected = reference.run(case.spikes, probes=sorted(set(probes)))
    assert set(found.probes) == {"layer-2.v", "layer-0.u"}
    for name, states in expected.probes.items():
        np.testing.assert_array_equal(found.probes[name], states, err_msg=name)


ADAPTATION = Adaptation(10, 400, 300)
EACH = np.array([1, 2000, 3000, 40000])
KINDS = {
    "lif": cuba(4),
    "cuba": cuba(4, refractory=3, message=Message.GRADED, reset=Reset.SUBTRACT, drive=50),
    "atrlif": Alif(4, 1024, 128, 30, ADAPTATION, bias=4096 * 3),
    "alif": Alif(4, 1024, 128, 30, ADAPTATION, bias=4097, graded=True),
    "rf": Resonator(4, 1000, 3800, 20),
    "rf-iz": Resonator(4, 1000, 3800, 20, Firing.IZHIKEVICH),
    "adrf": Resonator(4, 1000, 3800, 20, Firing.PHASE, ADAPTATION),
    "delta": Delta(4, 3000),
    "delta-each": Delta(4, EACH, cumulative=True),
    "sigma-delta": SigmaDelta(4, 100, bias=EACH),
    "sigma-delta-each": SigmaDelta(4, EACH, activation=Activation.UNIT, cumulative=True),
    "sigma": Sigma(4),
    "relay": Relay(4),
}


def side_by_side(seed):
    """Every kind of neuron beside every other, heard through every kind of synapse."""
    rng, layers, connections = np.random.default_rng(seed), [], []
    hear = [
        dense(3, 4, seed, exponent=-1, delays=rng.integers(0, 4, (3, 4))),
        Sparse(np.array([2, 4, -6]), np.array([0, 2, 1]), np.array([0, 1, 3]), (3, 4), 1),
        Convolution(kernel(2, 1, 2, 2), (1, 2, 2), (2, 1, 2), padding=(0, 1)),
        Convolution(kernel(1, 2, 2, 2), (1, 2, 2), (2, 3, 3), transposed=True),
    ]
    for index, (name, neuron) in enumerate(KINDS.items()):
        layers.append(Layer(name, neuron, delays=rng.integers(0, 5, 4) if index % 3 == 0 else None))
        late = rng.integers(0, 4, (4, 3)) if index % 2 else None
        connections.append(Connection("input", name, dense(4, 3, index, delays=late)))
        if FINE in neuron.ports and name in ("cuba", "alif"):
            connections.append(Connection("relay", name, dense(4, 4, index), port=FINE))
        if IMAGINARY in neuron.ports:
            connections.append(Connection("sigma", name, dense(4, 4, index), port=IMAGINARY))
        synapse = hear[(index + seed) % 4]
        layers.append(Layer(f"{name}-heard", Relay(synapse.targets)))
        connections.append(Connection(name, f"{name}-heard", synapse))
    return Program(Network(3, tuple(layers), tuple(connections), graded_input=True), LOIHI2)


@pytest.mark.parametrize("seed", [0, 1])
def test_every_kind_side_by_side(seed):
    case = Case("side by side", side_by_side(seed), samples=2, steps=12, graded=(-60, 60))
    sent = assert_same_run(case)
    assert all(np.any(messages) for messages in sent.values())


def test_parts_that_nothing_joins_and_input_that_nobody_hears():
    layers = tuple(Layer(f"part-{i}", cuba(2, bias=[700 + i, 900])) for i in range(10))
    loops = [Connection(layer.name, layer.name, dense(2, 2, seed=i)) for i, layer in enumerate(layers)]
    sent = assert_same_run(Case("parts", program(*loops, inputs=3, layers=layers)))
    assert all(np.any(spikes) for spikes in sent.values())


def test_learning_between_layers_with_delays_pauses_and_a_fine_port():
    layers = (
        Layer("hidden", cuba(5, refractory=2), delays=np.array([0, 1, 3, 0, 9])),
        Layer("offset", Relay(3)),
        Layer(
            "readout", cuba(3, refractory=3), Teacher(margin=300, shift=2, rest=-300), delays=np.array([2, 0, 1])
        ),
    )
    connections = (
        Connection("input", "hidden", dense(5, 4, seed=1, delays=np.arange(20).reshape(5, 4) % 4)),
        Connection("input", "offset", dense(3, 4, seed=2)),
        Connection("offset", "readout", dense(3, 3, seed=3, exponent=7), port=FINE),
        Connection("hidden", "readout", dense(3, 5, seed=4), THREE_FACTOR),
        Connection("readout", "readout", dense(3, 3, seed=5), THREE_FACTOR),
    )
    case = Case("taught", program(*connections, inputs=4, layers=layers), samples=4)
    assert_same_run(case, lambda s, c: s.learn(c.spikes, c.labels, seed=5, probes=c.learning_probes))


@pytest.mark.parametrize("case", DIRECT, ids=lambda case: case.name)
def test_what_the_host_drives_directly(case):
    sent = assert_same_run(case)
    assert all(messages.any() for messages in sent.values())


@pytest.mark.parametrize(
    "name",
    [
        "three traces of the target",
        "a tag that gathers and a weight that takes it",
        "a learned delay",
        "payloads, overflow, two factors",
    ],
)
def test_rules_with_all_that_the_engine_has(name):
    (case,) = (case for case in EVERY_RULE if case.name == name)
    assert_same_run(case, lambda s, c: s.learn(c.spikes, c.labels, seed=3, probes=c.learning_probes))


@pytest.mark.parametrize(
    "name",
    [
        "a whole network",
        "a whole network, errors halved",
        "a whole network that learned before",
        "eligibility and error",
        "two hidden layers",
        "reward where tags are",
        "listed synapses with tags and delays",
        "listed synapses of integers",
    ],
)
def test_learning_neurons_and_listed_synapses(name):
    (case,) = (case for case in LEARNERS if case.name == name)
    learned = assert_same_run(
        case, lambda s, c: s.learn(c.spikes, c.labels, seed=3, probes=c.learning_probes, **c.lesson)
    )
    assert all(messages.any() for messages in learned.values())


def test_a_convolution_that_can_learn_elsewhere_runs_with_the_weights_that_it_is_given():
    (case,) = (case for case in LEARNERS if case.name == "a convolution that learns, plain")
    (connection,) = case.program.network.plastic
    written = {connection.name: connection.synapse.weights[::-1] + 1}

    def again(session, case):
        session.run(case.spikes)
        session.write_weights(written)
        return session.run(case.spikes, probes=case.probes)

    assert_same_run(case, again)
    with (
        LavaBackend().load(case.program) as session,
        pytest.raises(LavaFedError, match=f"{connection.name}: Lava has no convolution that learns; learn on the"),
    ):
        session.learn(case.spikes, seed=1, **case.lesson)


def test_a_rule_that_leaves_the_weights_alone():
    (case,) = (case for case in EVERY_RULE if case.name == "a tag and a delay alone")
    probes = [probe for probe in case.learning_probes if "tag" in probe]
    with LavaBackend().load(case.program) as session, ReferenceBackend().load(case.program) as reference:
        found, expected = (
            each.learn(case.spikes, case.labels, seed=3, probes=probes) for each in (session, reference)
        )
    for probe in probes:
        assert expected.probes[probe].any()
        np.testing.assert_array_equal(found.probes[probe], expected.probes[probe], err_msg=probe)
