"""Codecs: what is held back is kept, what is sent is what was said, averages stay right."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.program import Program
from hardware.registry import names
from lava_fed.codec.build import build
from lava_fed.codec.codec import Codec
from lava_fed.codec.exact import Exact
from lava_fed.codec.feedback import compensate
from lava_fed.codec.lowbit import LowBit
from lava_fed.codec.rounding import at_random
from lava_fed.codec.sign import Sign
from lava_fed.codec.threshold import Threshold
from lava_fed.codec.topk import TopK
from lava_fed.coordinator.intake import SLACK
from lava_fed.errors import ConfigError
from lava_fed.shared import Shared

UNIT = 1 << 16
SEVERAL = [
    Exact(),
    TopK(fraction=0.2),
    TopK(fraction=0.3, bits=1),
    TopK(count=3, among="connection", bits=8),
    TopK(fraction=0.5, bits=2, rounding="stochastic"),
    Threshold(2.0),
    Threshold(3.0, 0.5),
    Sign(),
    LowBit(2),
    LowBit(8),
]


@pytest.fixture(scope="module")
def shared(program: Program) -> Shared:
    return Shared.of(program)


def random_change(shared: Shared, seed: int, spread: int = 5 * UNIT) -> dict[str, NDArray[np.int32]]:
    rng = np.random.default_rng(seed)
    return {
        name: rng.integers(-spread, spread + 1, shape).astype(np.int32) for name, shape in shared.shapes.items()
    }


def flat(change: dict[str, NDArray[np.int32]]) -> NDArray[np.int64]:
    return np.concatenate([change[name].ravel() for name in sorted(change)]).astype(np.int64)


@pytest.mark.parametrize("codec", SEVERAL, ids=str)
@given(st.integers(0, 2**32), st.sampled_from([0, 1, UNIT, 200 * UNIT, 2**31 - 1]))
@settings(max_examples=25, deadline=None)
def test_what_is_sent_is_what_the_other_side_reads(codec: Codec, shared: Shared, seed: int, spread: int) -> None:
    change = random_change(shared, seed, spread)
    sent = codec.reduce(change, np.random.default_rng(1))
    data = codec.encode(change, np.random.default_rng(1))
    read = codec.decode(data, shared)
    assert all(np.array_equal(sent[name], read[name]) for name in shared.names)
    assert all(read[name].dtype == np.int32 for name in shared.names)


@pytest.mark.parametrize("codec", SEVERAL, ids=str)
def test_the_same_draws_give_the_same_bytes(codec: Codec, shared: Shared) -> None:
    change = random_change(shared, 4)
    assert codec.encode(change, np.random.default_rng(7)) == codec.encode(change, np.random.default_rng(7))


@pytest.mark.parametrize("codec", SEVERAL, ids=str)
def test_nothing_learned_sends_nothing(codec: Codec, shared: Shared) -> None:
    assert codec.encode(random_change(shared, 0, 0), np.random.default_rng(0)) == b""


@pytest.mark.parametrize("codec", SEVERAL, ids=str)
def test_all_that_was_sent_with_what_is_held_back_is_all_that_was_wanted(codec: Codec, shared: Shared) -> None:
    wanted, sent = np.zeros(shared.size, np.int64), np.zeros(shared.size, np.int64)
    residual = None
    for turn in range(20):
        change = random_change(shared, turn)
        encoded = compensate(change, residual, codec, np.random.default_rng(turn), shared)
        assert all(np.array_equal(codec.decode(encoded.data, shared)[n], encoded.sent[n]) for n in shared.names)
        residual = encoded.residual
        wanted += flat(change)
        sent += flat(encoded.sent)
    assert residual is not None
    assert np.array_equal(sent + flat(residual), wanted)
    assert codec.exact == (not flat(residual).any())


def test_feedback_brings_what_the_largest_changes_crowd_out(shared: Shared) -> None:
    change = {name: np.full(shape, UNIT, np.int32) for name, shape in shared.shapes.items()}
    change[shared.names[0]][0, 0] = 3 * UNIT
    residual, total = None, np.zeros(shared.size, np.int64)
    for turn in range(40):
        encoded = compensate(change, residual, TopK(count=2, bits=8), np.random.default_rng(turn), shared)
        residual, total = encoded.residual, total + flat(encoded.sent)
    assert np.count_nonzero(total) == shared.size


@pytest.mark.parametrize("codec", SEVERAL, ids=str)
def test_no_more_is_sent_than_the_coordinator_takes_however_much_was_held_back(
    codec: Codec, shared: Shared
) -> None:
    """A device that was crowded out for long asks for more than any weight can move."""
    residual = None
    for turn in range(5):
        change = {c.name: np.full(c.shape, (c.high - c.low) * UNIT, np.int32) for c in shared.connections}
        encoded = compensate(change, residual, codec, np.random.default_rng(turn), shared)
        residual = encoded.residual
        for connection in shared.connections:
            most = int(np.abs(encoded.sent[connection.name].astype(np.int64)).max())
            assert codec.exact or most <= SLACK * (connection.high - connection.low) * UNIT
        residual = None if codec.exact else residual


def test_what_was_held_back_may_not_outgrow_its_words(shared: Shared) -> None:
    high = {name: np.full(shape, 2**31 - 1, np.int32) for name, shape in shared.shapes.items()}
    with pytest.raises(LavaFedError, match="held back .* let it send more in each round"):
        compensate(high, high, TopK(), np.random.default_rng(0), shared)


def test_a_change_of_other_connections_is_refused(shared: Shared) -> None:
    with pytest.raises(LavaFedError, match="missing"):
        compensate({}, None, Exact(), np.random.default_rng(0), shared)
    halves = {name: np.full(shape, 0.5) for name, shape in shared.shapes.items()}
    with pytest.raises(LavaFedError, match="must be int32, in units of 2\\^-16 of a chip unit, found float64"):
        compensate(halves, None, Exact(), np.random.default_rng(0), shared)  # type: ignore[arg-type]  # a slip


@pytest.mark.parametrize(("fraction", "sent"), [(1e-9, 1), (0.25, 4), (0.2501, 5), (1.0, 16)])
def test_the_share_of_sent_changes_is_rounded_up(shared: Shared, fraction: float, sent: int) -> None:
    assert shared.size == 16
    change = {name: np.full(shape, -7, np.int32) for name, shape in shared.shapes.items()}
    assert np.count_nonzero(flat(TopK(fraction).reduce(change, np.random.default_rng(0)))) == sent


def test_among_equals_the_first_are_sent(shared: Shared) -> None:
    change = {name: np.full(shape, 5, np.int32) for name, shape in shared.shapes.items()}
    assert np.flatnonzero(flat(TopK(count=3).reduce(change, np.random.default_rng(0)))).tolist() == [0, 1, 2]


@pytest.mark.parametrize("bits", [1, 2, 3, 8])
def test_the_largest_changes_are_sent_with_their_sign_in_so_many_sizes(shared: Shared, bits: int) -> None:
    change = random_change(shared, 9)
    kept = TopK(count=6, bits=bits).reduce(change, np.random.default_rng(0))
    places = np.flatnonzero(flat(kept))
    assert set(places) == set(np.argsort(-np.abs(flat(change)), kind="stable")[:6])
    assert np.array_equal(np.sign(flat(kept)[places]), np.sign(flat(change)[places]))
    assert all(len(np.unique(np.abs(array[array != 0]))) <= 2 ** (bits - 1) for array in kept.values())


def test_each_connection_can_have_its_own_largest_changes(shared: Shared) -> None:
    change = random_change(shared, 3)
    change[shared.names[0]] *= 100
    kept = TopK(count=2, among="connection").reduce(change, np.random.default_rng(0))
    assert [int(np.count_nonzero(array)) for array in kept.values()] == [2, 2]


def test_a_pulse_is_sent_for_every_quantum_once_the_threshold_is_reached(shared: Shared) -> None:
    change = {name: np.zeros(shape, np.int32) for name, shape in shared.shapes.items()}
    row = change[shared.names[0]][0]
    row[:3] = [int(1.99 * UNIT), 2 * UNIT, -int(2.9 * UNIT)]
    sent = Threshold(2.0, 0.5).reduce(change, np.random.default_rng(0))[shared.names[0]][0]
    assert sent[:3].tolist() == [0, 2 * UNIT, -int(2.5 * UNIT)]


def test_signs_are_worth_the_mean_of_what_changed(shared: Shared) -> None:
    change = {name: np.zeros(shape, np.int32) for name, shape in shared.shapes.items()}
    change[shared.names[0]][0, :3] = [8, -24, 1]
    sent = Sign().reduce(change, np.random.default_rng(0))
    assert sent[shared.names[0]][0].tolist() == [11, -11, 11]
    assert not sent[shared.names[0]][1].any()
    assert not sent[shared.names[1]].any()


@given(st.integers(-(2**30), 2**30), st.integers(1, 300))
@settings(max_examples=200, deadline=None)
def test_rounding_at_random_is_exact_over_all_draws(value: int, quantum: int) -> None:
    every: Any = SimpleNamespace(integers=lambda *_: np.arange(quantum))
    found = at_random(np.full(quantum, value, np.int64), quantum, every).astype(np.int64)
    assert int(found.sum()) == value * quantum
    assert int(np.abs(found - value).max()) < quantum


@pytest.mark.parametrize("codec", [LowBit(2), LowBit(4), TopK(1.0, bits=2, rounding="stochastic")], ids=str)
def test_rounding_at_random_is_right_on_average(codec: Codec, shared: Shared) -> None:
    change, rng = random_change(shared, 5), np.random.default_rng(6)
    draws = np.array([flat(codec.reduce(change, rng)) for _ in range(3000)])
    error = np.abs(draws.mean(axis=0) - flat(change))
    assert (error <= 4.5 * draws.std(axis=0) / np.sqrt(len(draws)) + 1e-9).all()


@pytest.mark.parametrize("bits", [2, 3, 5])
def test_few_bits_mean_few_values(shared: Shared, bits: int) -> None:
    sent = LowBit(bits).reduce(random_change(shared, 1), np.random.default_rng(0))
    assert all(len(np.unique(array)) <= 2**bits - 1 for array in sent.values())


def test_every_codec_is_built_by_its_name_and_tells_its_options() -> None:
    assert names("codec") == ["exact", "lowbit", "sign", "threshold", "topk"]
    for name in names("codec"):
        codec = build(SimpleNamespace(codec=name, options={}))
        assert codec.name == name
        assert build(SimpleNamespace(codec=name, options=codec.facts())) == codec


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("topk", {"k": 3}, "uplink.options.k is no option of 'topk'; there are among, bits, count, fract"),
        ("sign", {"bits": 3}, "uplink.options.bits is no option of 'sign'; there are none here"),
        ("topk", {"fraction": 1.5}, "codec topk: fraction = 1.5 must be a number from 1e-09 to 1"),
        ("topk", {"fraction": True}, "uplink.options.fraction is True, it must be of type float"),
        ("topk", {"bits": 0}, "codec topk: bits = 0 must be a whole number of 1..16"),
        ("topk", {"fraction": 0.1, "count": 3}, "count = 3 and fraction = 0.1 say two things; leave one out"),
        ("topk", {"among": "layer"}, "among = 'layer' is unknown; known: message, connection"),
        ("lowbit", {"bits": 1}, "codec lowbit: bits = 1 must be a whole number of 2..16"),
        ("threshold", {"threshold": 0}, "codec threshold: threshold = 0 must be a number from 1.52588e-05"),
        ("threshold", {"threshold": 1.0, "quantum": 2.0}, "quantum = 2.0 must be a number from 1.52588e-05 to 1"),
    ],
)
def test_wrong_options_are_told_apart(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(SimpleNamespace(codec=name, options=options))
    assert message in str(caught.value)


def test_an_unknown_codec_is_told_with_those_there_are() -> None:
    with pytest.raises(
        LavaFedError, match="no codec is called 'zip'; known: exact, lowbit, sign, threshold, topk"
    ):
        build(SimpleNamespace(codec="zip", options={}))
