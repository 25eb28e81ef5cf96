"""One step of every neuron kind, from any state at any input: Lava's own models equal the specification."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.emulator.reference_neurons import advance
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.neuron import FINE
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Activation, Delta, Sigma, SigmaDelta
from tests.versus_lava.in_process import Neurons, import_lava, is_lavas

pytestmark = pytest.mark.lava

UNITS = 4
EDGE = 2**23
WORDS = st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31), 2**25, -(2**25), EDGE, -EDGE]) | st.integers(
    -(2**31), 2**31 - 1
)
SMALL = st.integers(-(2**12), 2**12)
VOLTAGES = st.sampled_from([0, 1, -1, EDGE - 1, 1 - EDGE]) | st.integers(1 - EDGE, EDGE - 1)
FRACTIONS = st.sampled_from([0, 1, 2048, 4095, 4096]) | st.integers(0, 4096)
MANTISSAS = st.sampled_from([0, 1, 131071]) | st.integers(0, 400)
THRESHOLDS = st.sampled_from([0, 1, 2**31 - 1]) | st.integers(0, 2**14)
RANGES = {"u": WORDS, "v": VOLTAGES, "re": VOLTAGES, "im": VOLTAGES, "waiting": st.integers(0, 3)}


def vectors(values):
    return st.lists(values, min_size=UNITS, max_size=UNITS).map(np.array)


def either(values):
    """One value for all units, or one for each."""
    return values | vectors(values)


@st.composite
def adaptations(draw, fractions=FRACTIONS):
    return Adaptation(draw(MANTISSAS), draw(fractions), draw(fractions))


ATRLIF = st.builds(
    Alif,
    st.just(UNITS),
    FRACTIONS,
    FRACTIONS,
    MANTISSAS,
    adaptations(),
    bias=vectors(st.integers(-4096, 4095).flatmap(lambda m: st.integers(0, 7).map(lambda e: m << e))),
)
RESONATORS = st.builds(Resonator, st.just(UNITS), FRACTIONS, FRACTIONS, MANTISSAS, st.sampled_from(Firing))
SHIFTS = st.integers(0, 24)
DELTAS = st.builds(Delta, st.just(UNITS), THRESHOLDS, SHIFTS, SHIFTS, st.booleans())
SIGMA_DELTAS = st.builds(
    SigmaDelta,
    st.just(UNITS),
    THRESHOLDS,
    either(WORDS),
    st.sampled_from(Activation),
    SHIFTS,
    st.booleans(),
)
LIFS = st.builds(
    Cuba,
    FRACTIONS,
    FRACTIONS,
    MANTISSAS,
    vectors(st.integers(-4096, 4095)),
    bias_exponent=st.integers(0, 7),
)
LAVAS = {
    "LIF": LIFS,
    "ATRLIF": ATRLIF,
    "RF and RF_IZ": RESONATORS,
    "Delta": DELTAS,
    "SigmaDelta": SIGMA_DELTAS,
    "Sigma": st.just(Sigma(UNITS)),
}

OURS = {
    "cuba": st.builds(
        Cuba,
        either(FRACTIONS),
        either(FRACTIONS),
        either(MANTISSAS),
        vectors(st.integers(-4096, 4095)),
        bias_exponent=st.integers(0, 7),
        drive=either(VOLTAGES),
        refractory=st.integers(1, 4),
        message=st.sampled_from(Message),
        reset=st.sampled_from(Reset),
    ),
    "alif": st.builds(
        Alif,
        st.just(UNITS),
        either(FRACTIONS),
        either(FRACTIONS),
        either(MANTISSAS),
        adaptations(either(FRACTIONS)),
        bias=either(VOLTAGES),
        drive=either(VOLTAGES),
        graded=st.booleans(),
    ),
    "resonator": st.builds(
        Resonator,
        st.just(UNITS),
        either(FRACTIONS),
        either(FRACTIONS),
        either(MANTISSAS),
        st.sampled_from(Firing),
        st.none() | adaptations(either(FRACTIONS)),
        either(VOLTAGES),
        either(VOLTAGES),
        st.booleans(),
    ),
    "delta": st.builds(Delta, st.just(UNITS), vectors(THRESHOLDS), SHIFTS, SHIFTS, st.booleans()),
    "sigma delta": st.builds(
        SigmaDelta,
        st.just(UNITS),
        vectors(THRESHOLDS),
        either(WORDS),
        st.sampled_from(Activation),
        SHIFTS,
        st.booleans(),
    ),
    "relay": st.builds(Relay, st.just(UNITS), st.booleans()),
}


def unused(neuron):
    """Return the states that a neuron of these parameters never leaves rest in."""
    if isinstance(neuron, Resonator) and neuron.adaptation is None:
        return ["theta", "r"]
    if isinstance(neuron, Delta | SigmaDelta) and not neuron.cumulative:
        return ["error"]
    if isinstance(neuron, Cuba) and (neuron.message is Message.VOLTAGE or neuron.refractory == 1):
        return ["waiting"]
    return []


def assert_one_step_equals_the_specification(data, neuron, *, lavas):
    import_lava()
    used = frozenset(neuron.ports if not lavas else [port for port in neuron.ports if port != FINE])
    population = Neurons("any", neuron, used)
    assert is_lavas(population.process) is lavas
    scale = data.draw(st.sampled_from([WORDS, SMALL]), "range")
    states = {name: data.draw(vectors(RANGES.get(name, scale)), name) for name in neuron.states}
    for name in unused(neuron):
        states[name] = neuron.rest[name]
    inputs = {port: data.draw(vectors(scale), port) for port in used}
    for name, values in states.items():
        population[name] = values
    for port, values in inputs.items():
        population.receive("" if port == neuron.ports[0] else port, values)
    if hasattr(population.model, "scale_threshold"):  # done by Lava's models in their first step, and only then
        population.model.scale_threshold()
        for name, values in states.items():
            population[name] = values
    messages = population.step()
    for unit in range(UNITS):
        state = {name: int(states[name][unit]) for name in neuron.states}
        arrived = {port: int(inputs[port][unit]) if port in inputs else 0 for port in neuron.ports}
        assert messages[unit] == advance(neuron, unit, state, arrived)
        assert {name: population[name][unit] for name in neuron.states} == state


@pytest.mark.parametrize("kind", LAVAS)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_lavas_own_models(kind, data):
    assert_one_step_equals_the_specification(data, data.draw(LAVAS[kind]), lavas=True)


@pytest.mark.parametrize("kind", OURS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_our_processes(kind, data):
    neuron = data.draw(OURS[kind])
    import_lava()
    lavas = is_lavas(Neurons("any", neuron, frozenset(neuron.ports)).process)
    assert_one_step_equals_the_specification(data, neuron, lavas=lavas)
