"""How the master moves: server optimizers in integers beside their formulas, and edges that change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import Aggregator, MasterState
from lava_fed.aggregate.build import build
from lava_fed.aggregate.composed import Composed
from lava_fed.aggregate.edges import EdgeMessage, groups
from lava_fed.aggregate.fedavg import FedAvg
from lava_fed.aggregate.median import Median
from lava_fed.aggregate.server.adaptive import Adagrad, Adam, Yogi, integer_root
from lava_fed.aggregate.server.momentum import Momentum
from lava_fed.aggregate.server.plain import Plain
from lava_fed.aggregate.server.step import ServerStep
from lava_fed.config.aggregate import AggregateConfig
from lava_fed.errors import WireError
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND, small_program

SHARED = Shared.of(small_program())
ONE = 1 << FRACTION_BITS


def delta(device: str, first: object, second: object = 0, samples: int = 10, turn: int = 1) -> WeightDelta:
    weights = {
        FIRST: np.array(np.broadcast_to(first, (2, 5)), np.int32),
        SECOND: np.array(np.broadcast_to(second, (2, 3)), np.int32),
    }
    return WeightDelta(SHARED.program.digest, device, turn, turn - 1, samples, weights)


def walk(step: ServerStep, changes: np.ndarray) -> np.ndarray:
    """Return the steps, in chip units, that one weight takes for a row of changes in chip units."""
    names, memory, found = ("a",), {}, []
    shared = type("Shapes", (), {"shapes": {"a": (1, 1)}})()
    memory = dict(step.start(shared, names))
    for change in changes:
        moved, kept = step.step({"a": np.full((1, 1), round(change * ONE), np.int64)}, memory)
        memory |= kept
        found.append(int(moved["a"][0, 0]) / ONE)
    return np.array(found)


rows = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-20, 20, width=32))


@given(rows, st.floats(0.01, 8), st.floats(0, 0.999))
def test_momentum_is_a_decaying_sum(changes: np.ndarray, rate: float, momentum: float) -> None:
    rate, momentum = round(rate * ONE) / ONE, round(momentum * ONE) / ONE
    velocity, expected = 0.0, []
    for change in np.round(changes * ONE) / ONE:
        velocity = momentum * velocity + change
        expected.append(rate * velocity)
    # A rounding of 2^-13 master units in each step decays; the sum of them is below 1 / (1 - momentum) of that.
    slack = 2 / ONE + rate * 2**-12 / ONE / max(1e-3, 1 - momentum)
    assert np.allclose(walk(Momentum(rate, momentum), changes), expected, rtol=0, atol=slack)


@pytest.mark.parametrize("kind", [Adagrad, Adam, Yogi])
@given(rows)
@settings(max_examples=50)
def test_adaptive_steps_follow_their_formulas(kind: type[Adam], changes: np.ndarray) -> None:
    beta1, beta2 = (0.0 if kind is Adagrad else 0.9), 0.99
    beta1, beta2 = round(beta1 * ONE) / ONE, round(beta2 * ONE) / ONE
    first, second, expected = 0.0, 0.125**2, []
    for change in np.round(changes * ONE) / ONE:
        first = beta1 * first + (1 - beta1) * change
        square = change * change
        if kind is Adagrad:
            second += square
        elif kind is Adam:
            second = beta2 * second + (1 - beta2) * square
        else:
            second -= (1 - beta2) * square * np.sign(second - square)
        expected.append(first / (second**0.5 + 0.125))
    assert np.allclose(walk(kind(), changes), expected, rtol=2e-4, atol=2e-4)


def test_steps_are_the_same_bits_for_ever() -> None:
    """Recorded once; whoever changes them says so under "Numbers" in the changelog."""
    changes = np.array([3.0, -1.5, 0.25, 7.0, -20.0])
    golden = {
        Plain(0.7): [137625, -68812, 11469, 321125, -917500],
        Momentum(0.7, 0.9): [137625, 55049, 61013, 376036, -579070],
        Adagrad(0.5): [31431, -14118, 2347, 29064, -30369],
        Adam(0.5): [21862, 8173, 9075, 29550, -18213],
        Yogi(0.5): [21851, 8144, 9043, 29499, -18196],
    }
    for step, expected in golden.items():
        assert (walk(step, changes) * ONE).astype(int).tolist() == expected, step.name


def test_steps_by_hand() -> None:
    assert walk(Plain(0.5), np.array([3.0, -1.0])).tolist() == [1.5, -0.5]
    assert walk(Momentum(1.0, 0.5), np.array([4.0, 0.0, 0.0])).tolist() == [4, 2, 1]
    assert walk(Adagrad(rate=1.0), np.array([3.0]))[0] == pytest.approx(3 / (9.015625**0.5 + 0.125), abs=1e-4)


@given(hnp.arrays(np.int64, (5,), elements=st.integers(0, 2**62)))
def test_roots_are_rounded_down(values: np.ndarray) -> None:
    for value, root in zip(values.tolist(), integer_root(values).tolist(), strict=True):
        assert root * root <= value < (root + 1) ** 2


def test_the_largest_changes_overflow_nothing() -> None:
    far = float(2**15 - 1)
    steps = walk(Momentum(8.0, 0.999), np.full(300, far))
    assert np.allclose(steps, 8 * far * (1 - 0.999 ** np.arange(1, 301)) / 0.001, rtol=1e-2)
    for step in (Adam(8.0), Yogi(8.0), Adagrad(8.0)):  # whose steps are about as large as their rate
        steps = walk(step, np.full(300, far))
        assert np.all(steps > 0.4) and np.all(steps < 20)


def run(aggregator: Aggregator, rounds: int = 3, seed: int = 0, devices: int = 7) -> MasterState:
    rng, state = np.random.default_rng(seed), aggregator.init(SHARED)
    for turn in range(1, rounds + 1):
        deltas = [
            delta(f"device-{k}", rng.integers(-9 * ONE, 9 * ONE, (2, 5)), rng.integers(0, ONE), k + 1, turn)
            for k in range(devices)
        ]
        state = aggregator.apply(state, deltas)
    return state


def same(one: MasterState, other: MasterState) -> bool:
    return all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)


@pytest.mark.parametrize("server", [Plain(), Momentum(), Adam(), Yogi(), Adagrad()], ids=lambda step: step.name)
@pytest.mark.parametrize("edges", [1, 2, 3, 7, 100])
def test_edges_below_a_mean_change_no_bit(server: ServerStep, edges: int) -> None:
    flat = run(Composed(FedAvg(), server=server, staleness=0.5))
    assert same(flat, run(Composed(FedAvg(), server=server, staleness=0.5, edges=edges)))


def test_an_edge_may_guard_against_its_own_liars() -> None:
    honest = [delta(f"device-{k}", 2 * ONE) for k in range(9)]
    liars = [delta(f"device-{k}", -400 * ONE) for k in (9, 12)]
    aggregator = Composed(Median(), edges=3)
    state = aggregator.apply(aggregator.init(SHARED), [*honest, *liars])
    assert np.all(state.arrays[FIRST] == 2 * ONE)
    sent = aggregator.forwarded(aggregator.init(SHARED), [*honest, *liars])
    assert list(sent) == ["edge-0", "edge-1", "edge-2"] and all(20 < size < 200 for size in sent.values())
    assert Composed(Median()).forwarded(aggregator.init(SHARED), honest) == {}


def test_devices_belong_to_edges_by_their_names_alone() -> None:
    names = [f"device-{k}" for k in range(10)]
    assert groups(names, 4) == {0: [0, 4, 8], 1: [1, 5, 9], 2: [2, 6], 3: [3, 7]}
    assert groups(names[3:], 4)[3] == [0, 4]
    assert sum(map(len, groups(["anna", "bert", "carl"], 2).values())) == 3


@given(
    hnp.arrays(np.int64, (2, 5), elements=st.integers(-(2**61) + 1, 2**61 - 1)),
    st.integers(0, 30),
    st.integers(1, 2**40),
)
@settings(deadline=None)
def test_what_an_edge_forwards_comes_back(values: np.ndarray, shift: int, weight: int) -> None:
    sent = EdgeMessage(3, 5, weight, {FIRST: values >> shift << shift, SECOND: np.zeros((2, 3), np.int64)})
    back = EdgeMessage.decode(sent.encode(SHARED), SHARED)
    assert (back.edge, back.devices, back.weight, back.name) == (3, 5, weight, "edge-3")
    assert all(np.array_equal(back.values[name], sent.values[name]) for name in sent.values)


def test_damaged_messages_of_edges_are_refused() -> None:
    message = EdgeMessage(0, 1, 1, {FIRST: np.ones((2, 5), np.int64), SECOND: np.zeros((2, 3), np.int64)})
    data = message.encode(SHARED)
    for bad in (data[:-1], data[:20] + bytes([data[20] ^ 1]) + data[21:], b""):
        with pytest.raises(WireError):
            EdgeMessage.decode(bad, SHARED)
    with pytest.raises(WireError, match="is for another Program"):
        EdgeMessage.decode(data, Shared.of(small_program(hidden=4)))


def test_rules_may_differ_from_connection_to_connection() -> None:
    deltas = [delta("a", 0, 0), delta("b", ONE, ONE), delta("c", 5 * ONE, 5 * ONE)]
    aggregator = build(AggregateConfig("fedavg", layers={SECOND: "median"}), SHARED)
    after = aggregator.apply(aggregator.init(SHARED), deltas)
    assert np.all(after.arrays[FIRST] == 2 * ONE) and np.all(after.arrays[SECOND] == ONE)


def test_a_run_cannot_go_on_with_another_server_step() -> None:
    state = Composed(FedAvg()).init(SHARED)
    with pytest.raises(LavaFedError, match="go on with the server step that began it"):
        Composed(FedAvg(), server=Momentum()).apply(state, [delta("a", 1)])
