"""What an imperfect device makes of a Program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.mismatch.apply import imperfect
from hardware.mismatch.known import NAMES, find_profile
from hardware.mismatch.profile import DeviceProfile, Faults, MismatchError, Variation
from hardware.mismatch.stored_word import StoredWord
from hardware.network import Connection, Layer
from hardware.neurons.alif import Alif
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import WORD_MAX, Sigma, SigmaDelta
from hardware.program import Program
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from tests.any_network import cases_of_every_kind
from tests.every_kind import alif, network, one, resonator
from tests.programs import Case, cuba, dense, learner, single

GRIDS = [WeightGrid(sign, bits) for sign in SignMode for bits in range(1, 9)]


PERFECT = Variation()


def profile(variation: Variation = PERFECT, **faults: Any) -> DeviceProfile:
    return DeviceProfile("test", "test", "test", variation, Faults(**faults))


EVERYTHING = profile(Variation(0.2, 0.2, 0.2), dead_synapses=0.1, stuck_weights=0.1, bit_flips=0.05)
shares = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)
spreads = st.sampled_from([0.0, 2.0]) | st.floats(0, 2)
profiles = st.builds(
    DeviceProfile,
    st.just("drawn"),
    st.just("drawn"),
    st.just("drawn"),
    st.builds(Variation, spreads, spreads, spreads),
    st.builds(Faults, shares, shares, shares, st.sampled_from(["zero", "low", "high", "any"]), shares),
)


def weights_of(program: Program) -> np.ndarray[Any, Any]:
    return program.network.connections[0].synapse.weights


def big(**more: Any) -> Program:
    return single(cuba(200, threshold=1000), dense(200, 100, **more))


@settings(max_examples=60, deadline=None)
@given(cases_of_every_kind(), profiles, st.integers(0, 2**31 - 1))
def test_at_severity_zero_the_program_is_the_same(case: Case, drawn: DeviceProfile, seed: int) -> None:
    device = imperfect(case.program, drawn, device="a", seed=seed, severity=0)
    assert device.program.digest == case.program.digest
    assert device.effects == ()


@settings(max_examples=100, deadline=None)
@given(cases_of_every_kind(), profiles, st.integers(0, 2**31 - 1), st.text(max_size=5))
def test_every_profile_gives_a_legal_program_or_says_why_not(
    case: Case, drawn: DeviceProfile, seed: int, name: str
) -> None:
    try:
        device = imperfect(case.program, drawn, device=name, seed=seed)
    except MismatchError as error:
        assert "lower the weights" in str(error)  # flipped bits can make sums too large for a dendrite
        return
    again = imperfect(case.program, drawn, device=name, seed=seed)
    assert again.program.digest == device.program.digest
    assert all(0 <= effect.hit <= effect.of and effect.clamped >= 0 for effect in device.effects)
    ends = case.program.network, device.program.network
    for before, after in zip(*(found.connections for found in ends), strict=True):
        low, high = before.synapse.grid.low, before.synapse.grid.high
        assert after.synapse.weights.min() >= low
        assert after.synapse.weights.max() <= high
        assert not np.any(after.synapse.weights % before.synapse.grid.step)


def test_a_device_depends_on_its_name_and_the_seed_alone() -> None:
    program = big()
    digests = {
        (device, seed): imperfect(program, EVERYTHING, device=device, seed=seed).program.digest
        for device in ("device-0", "device-1", "device-2")
        for seed in (1, 2)
    }
    assert len(set(digests.values())) == 6
    for device, seed in reversed(digests):
        assert imperfect(program, EVERYTHING, device=device, seed=seed).program.digest == digests[device, seed]


def test_a_mechanism_does_not_change_the_draws_of_another() -> None:
    varied = imperfect(big(), profile(Variation(threshold=0.2)), device="a").program
    both = imperfect(big(), profile(Variation(threshold=0.2, leak=0.3), bit_flips=0.1), device="a").program
    one, other = (found.network.layers[0].neuron.threshold for found in (varied, both))  # type: ignore[attr-defined]
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("key", "of"),
    [("dead_synapses", 20_000), ("stuck_weights", 20_000), ("bit_flips", 160_000), ("dead_neurons", 200)],
)
def test_faults_are_as_frequent_as_the_profile_says(key: str, of: int) -> None:
    (effect,) = imperfect(big(), profile(**{key: 0.1}), device="a").effects
    assert (effect.mechanism, effect.of) == (key, of)
    assert abs(effect.hit - 0.1 * of) < 4 * np.sqrt(0.09 * of)


def test_counts_are_those_of_the_weights() -> None:
    program = big(low=1)
    dead = imperfect(program, profile(dead_synapses=0.1), device="a")
    assert np.count_nonzero(weights_of(dead.program) == 0) == dead.effects[0].hit
    stuck = imperfect(program, profile(stuck_weights=0.1, stuck_at="low"), device="a")
    assert np.count_nonzero(weights_of(stuck.program) == -256) == stuck.effects[0].hit
    word = StoredWord.of(program.network.connections[0])
    flipped = imperfect(program, profile(bit_flips=0.1), device="a")
    turned = word.encode(weights_of(program)) ^ word.encode(weights_of(flipped.program))
    assert sum(int(np.count_nonzero(turned & (1 << bit))) for bit in range(16)) == flipped.effects[0].hit


def test_a_worse_device_has_all_faults_of_a_better_one() -> None:
    program = big(low=1)
    faults = profile(dead_synapses=0.1)
    dead = [weights_of(imperfect(program, faults, device="a", severity=s).program) == 0 for s in (0.5, 1.0, 3.0)]
    assert dead[0].any()
    assert not np.any(dead[0] & ~dead[1])
    assert not np.any(dead[1] & ~dead[2])


def test_every_bit_flipped_turns_every_word_over() -> None:
    program = single(cuba(1), Dense(np.array([[-256, 254, 0, -2]])))
    flipped = imperfect(program, profile(bit_flips=1.0), device="a").program
    assert weights_of(flipped).tolist() == [[254, -256, -2, 0]]


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: f"{grid.sign.value}-{grid.bits}")
def test_words_and_weights_of_a_grid_are_one_to_one(grid: WeightGrid) -> None:
    word = StoredWord.of_grid(grid)
    weights = np.arange(grid.low, grid.high + 1, grid.step, dtype=np.int16)
    words = word.encode(weights)
    assert sorted(words.tolist()) == list(range(1 << grid.bits))
    assert np.array_equal(word.decode(words), weights)
    assert (word.low, word.high) == (grid.low, grid.high)


@pytest.mark.parametrize("sign", SignMode)
def test_words_of_weights_that_learn_reach_all_that_learning_can(sign: SignMode) -> None:
    low, high = WeightGrid(sign).learned_range
    connection = learner(weights=np.zeros((3, 8), np.int16), grid=WeightGrid(sign)).network.plastic[0]
    word = StoredWord.of(connection)
    assert (word.low, word.high) == (low, high)
    weights = np.arange(low, high + 1, dtype=np.int16)
    assert np.array_equal(word.decode(word.encode(weights)), weights)


@pytest.mark.parametrize("sign", [SignMode.MIXED, SignMode.EXCITATORY])
def test_no_flipped_bit_leaves_what_a_narrow_rule_keeps_weights_in(sign: SignMode) -> None:
    program = learner(weights=np.zeros((3, 8), np.int16), grid=WeightGrid(sign))
    network = program.network
    connection = network.plastic[0]
    assert connection.rule is not None
    narrow = replace(connection, rule=replace(connection.rule, weight_limit=128))
    connections = tuple(narrow if each is connection else each for each in network.connections)
    program = replace(program, network=replace(network, connections=connections))
    word = StoredWord.of(narrow)
    assert (word.low, word.high) == (-128 if sign is SignMode.MIXED else 0, 127)
    flipped = imperfect(program, profile(bit_flips=1.0), device="a").program
    assert np.all(flipped.weights()[narrow.name] == word.decode(np.array(2**word.bits - 1, np.uint16)))


def test_spreads_are_those_of_the_profile() -> None:
    neuron = Cuba(2000, 2000, 10_000, np.zeros(5000, np.int16))
    program = one(neuron, Dense(np.full((5000, 2), 100)))
    device = imperfect(program, profile(Variation(0.2, 0.1, 0.05)), device="a")
    varied = device.program.network.layers[0].neuron
    assert isinstance(varied, Cuba)
    for values, mean, spread in (
        (varied.threshold, 10_000, 0.2),
        (varied.current_decay, 2000, 0.1),
        (varied.voltage_decay, 2000, 0.1),
    ):
        assert np.mean(values) == pytest.approx(mean, rel=0.015)
        assert np.std(values) / np.mean(values) == pytest.approx(spread, rel=0.05)
    gains = weights_of(device.program) / 100
    assert gains.std() == pytest.approx(0.05, rel=0.1)
    assert [effect.mechanism for effect in device.effects] == [
        "threshold",
        "leak.current_decay",
        "leak.voltage_decay",
        "gain",
    ]


def test_what_would_leave_its_range_stands_at_the_end_and_is_counted() -> None:
    program = single(Cuba(4000, 0, 131_000, np.zeros(1000, np.int16)), dense(1000, 1, low=127))
    device = imperfect(program, profile(Variation(0.5, 0.5, 0.5)), device="a")
    neuron = device.program.network.layers[0].neuron
    assert isinstance(neuron, Cuba)
    counts = {effect.mechanism: effect.clamped for effect in device.effects}
    assert 300 < np.count_nonzero(np.equal(neuron.threshold, 131_071)) <= counts["threshold"] + 1
    assert 300 < np.count_nonzero(np.equal(neuron.current_decay, 4096)) <= counts["leak.current_decay"] + 1
    assert counts["leak.voltage_decay"] == 0
    assert np.count_nonzero(weights_of(device.program) == 254) > 300
    assert device.clamped == sum(counts.values())


def test_states_without_a_leak_get_none() -> None:
    neuron = Cuba(4096, 0, 100, np.zeros(50, np.int16))
    varied = imperfect(one(neuron, dense(50, 2)), profile(Variation(leak=1.0)), device="a").program
    found = varied.network.layers[0].neuron
    assert isinstance(found, Cuba)
    assert (found.current_decay, found.voltage_decay) == (4096, 0)


def test_the_leak_of_a_resonator_changes_what_it_keeps_and_not_its_turn() -> None:
    neuron = resonator(400, threshold=20)
    varied = imperfect(one(neuron, dense(400, 2)), profile(Variation(leak=0.5)), device="a").program
    found = varied.network.layers[0].neuron
    assert isinstance(found, Resonator)
    angle = np.arctan2(found.sin_decay, found.cos_decay)
    assert np.abs(angle - np.arctan2(2000, 3500)).max() < 1e-3
    kept = np.hypot(found.sin_decay, found.cos_decay) / 4096
    lost = 1 - np.hypot(2000, 3500) / 4096
    assert (1 - kept).mean() == pytest.approx(lost, rel=0.1)
    assert (1 - kept).std() == pytest.approx(0.5 * lost, rel=0.2)


def test_adaptations_leak_too_and_every_threshold_varies() -> None:
    varied = imperfect(one(alif(40, threshold=500), dense(40, 2)), profile(Variation(0.2, 0.2)), device="a")
    found = varied.program.network.layers[0].neuron
    assert isinstance(found, Alif)
    for values in (
        found.threshold,
        found.current_decay,
        found.voltage_decay,
        found.adaptation.threshold_decay,
        found.adaptation.refractory_decay,
    ):
        assert np.size(values) == 40
    sigma_delta = SigmaDelta(40, WORD_MAX)
    clamped = imperfect(one(sigma_delta, dense(40, 2)), profile(Variation(0.2)), device="a").clamped
    assert clamped > 0


@pytest.mark.parametrize("neuron", [Relay(4), Sigma(4), cuba(4, message=Message.VOLTAGE)])
def test_neurons_without_a_threshold_have_none_to_vary(neuron: Any) -> None:
    device = imperfect(one(neuron, dense(4, 2)), profile(Variation(threshold=0.5)), device="a")
    assert device.effects == ()


def test_a_shared_kernel_is_one_stored_weight() -> None:
    kernel = Convolution(np.full((2, 1, 3, 3), 64), (1, 9, 9), (2, 7, 7))
    device = imperfect(one(cuba(98), kernel), profile(dead_synapses=0.3), device="a")
    assert device.effects[0].of == 18
    after = device.program.network.connections[0].synapse
    assert isinstance(after, Convolution)
    assert np.count_nonzero(after.weights == 0) == device.effects[0].hit


def test_the_host_drives_neurons_without_synapses() -> None:
    direct = Connection("input", "a", Sparse.diagonal(np.full(4, 64)), direct=True)
    program = network(4, [Layer("a", cuba(4))], [direct])
    assert imperfect(program, EVERYTHING, device="a").program.network.connections[0] is direct


def test_a_connection_that_learns_is_loaded_imperfectly() -> None:
    program = learner(weights=np.full((3, 8), 101, np.int16))
    device = imperfect(program, profile(bit_flips=0.2), device="a")
    (found,) = device.program.weights().values()
    assert (found != 101).any()
    assert found.min() >= -256
    assert found.max() <= 255


def test_placement_and_where_it_came_from_stay_with_the_program() -> None:
    program = replace(big(), provenance={"made by": "a test"})
    device = imperfect(program, EVERYTHING, device="device-3", seed=5, severity=0.5).program
    assert device.placement == program.placement
    assert device.provenance == {
        "made by": "a test",
        "mismatch.profile": "test",
        "mismatch.device": "device-3",
        "mismatch.seed": "5",
        "mismatch.severity": "0.5",
    }


def test_sums_too_large_for_the_chip_are_refused() -> None:
    program = single(cuba(1), Dense(np.full((1, 600), 2), exponent=7))
    with pytest.raises(MismatchError, match=r"device x of profile 'test' at severity 1: layer 'a': .*severity"):
        imperfect(program, profile(stuck_weights=1.0, stuck_at="low"), device="x")


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_that_comes_along_does_something(name: str) -> None:
    found = find_profile(name)
    assert found.name == name
    assert found.source
    assert imperfect(big(), found, device="a").program.digest != big().digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = 'x'\nsource = 's'", "name is missing"),
        ("name = 'x'", "source is missing"),
        ("name = 'x'\nsource = 's'\n[faults]\nbit_flip = 0.1", "did you mean faults.bit_flips"),
        ("name = 'x'\nsource = 's'\n[faults]\nbit_flips = 2", "number in 0..1"),
        ("name = 'x'\nsource = 's'\n[faults]\nstuck_at = 'top'", "one of 'zero'"),
        ("name = 'x'\nsource = 's'\n[variation]\ngain = -0.1", "number in 0..2"),
    ],
)
def test_a_profile_is_read_strictly(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(MismatchError, match=said):
        find_profile(str(path))


def test_an_unknown_profile_names_those_that_there_are() -> None:
    with pytest.raises(MismatchError, match=r"no device profile is called 'x'; known: .*mixed-signal"):
        find_profile("x")


@pytest.mark.parametrize("severity", [-0.1, float("nan"), float("inf"), 2000.0])
def test_a_severity_must_make_sense(severity: float) -> None:
    with pytest.raises(MismatchError, match="severity"):
        imperfect(big(), find_profile("sram-faults"), device="a", severity=severity)


def test_a_seed_must_lie_in_its_range() -> None:
    with pytest.raises(MismatchError, match="seed -1"):
        imperfect(big(), EVERYTHING, device="a", seed=-1)
