"""Messages between coordinator and device: what is said comes back, and anything else is refused."""

from __future__ import annotations

import dataclasses
import tracemalloc
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hardware.counters import Counters
from hardware.errors import LavaFedError
from lava_fed.codec import varint
from lava_fed.codec.exact import Exact
from lava_fed.errors import WireError
from lava_fed.messages import frame
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta
from lava_fed.messages.task import Task
from lava_fed.messages.wire import MARK, Update, Wire
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND, small_program

SHARED = Shared.of(small_program())
WIRE = Wire(SHARED, Exact())
OTHER = Wire(Shared.of(small_program(hidden=4)), Exact())
BASE = {FIRST: np.full((2, 5), -200, np.int16), SECOND: np.full((2, 3), 7, np.int16)}


def versions(version: int) -> Mapping[str, np.ndarray]:
    assert version == 4
    return BASE


def counters(value: int = 7) -> Counters:
    return Counters(
        {"input": value, "hidden": 0, "out": 2**64 - 1},
        {"input->hidden": 1, FIRST: 2, SECOND: 3},
        {"hidden": 4, "out": 5},
        {FIRST: 6, SECOND: value},
    )


def task(**changes: object) -> Task:
    weights = {FIRST: np.arange(-5, 5).reshape(2, 5), SECOND: np.full((2, 3), 255)}
    fields = {"turn": 9, "version": 8, "seed": 2**31 - 1, "halvings": 2, "acknowledged": 5, "weights": weights}
    return Task(SHARED.program.digest, **(fields | changes))  # type: ignore[arg-type]


def delta(**changes: object) -> WeightDelta:
    weights = {FIRST: np.array([[0, 0, -511, 511, 1]] * 2, np.int32) << 16, SECOND: np.zeros((2, 3), np.int32)}
    fields = {"device": "device-3", "turn": 9, "version": 8, "samples": 142, "weights": weights}
    return WeightDelta(SHARED.program.digest, **(fields | changes))  # type: ignore[arg-type]


def update(**changes: object) -> Update:
    return Update(delta(**changes), counters(), 1.25)


def encoded(said: Update, wire: Wire = WIRE) -> bytes:
    return wire.encode_update(said, wire.codec.encode(said.delta.weights, np.random.default_rng(0)))


def same(a: object, b: object) -> bool:
    left, right = dict(vars(a)), dict(vars(b))
    one, two = left.pop("weights"), right.pop("weights")
    return left == right and one.keys() == two.keys() and all(np.array_equal(one[k], two[k]) for k in one)


@given(
    st.integers(1, 2**31 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(0, 7),
    hnp.arrays(np.int16, (2, 5), elements=st.integers(-256, 255)),
    hnp.arrays(np.int16, (2, 3), elements=st.integers(0, 255)),
    st.booleans(),
)
def test_a_task_comes_back_whether_whole_or_as_changes(
    turn: int, version: int, seed: int, halvings: int, first: np.ndarray, second: np.ndarray, held: bool
) -> None:
    sent = task(
        turn=turn,
        version=version,
        seed=seed,
        halvings=halvings,
        acknowledged=turn - 1,
        weights={SECOND: second, FIRST: first},
    )
    data = WIRE.encode_task(sent, (4, BASE) if held else None)
    assert same(WIRE.decode_task(data, versions), sent)


def test_a_task_says_only_what_changed_where_that_is_shorter() -> None:
    rng = np.random.default_rng(1)
    wire = Wire(Shared.of(small_program(hidden=400)), Exact())
    before = {FIRST: rng.integers(-99, 99, (2, 5)), SECOND: rng.integers(0, 99, (2, 400))}
    after = {FIRST: before[FIRST], SECOND: before[SECOND] + (np.arange(400) == 3)}
    sent = dataclasses.replace(task(weights=after), program=wire.shared.program.digest)
    whole = wire.encode_task(sent)
    changes = wire.encode_task(sent, (4, {name: array.astype(np.int16) for name, array in before.items()}))
    assert len(changes) < 60
    assert len(whole) > 350
    far = {name: (99 - array).astype(np.int16) for name, array in after.items()}
    assert len(wire.encode_task(sent, (4, far))) <= len(whole)


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", fullmatch=True).filter(str.isascii),
    st.integers(1, 2**31 - 1),
    hnp.arrays(np.int32, (2, 5), elements=st.integers(-(2**31), 2**31 - 1)),
    st.integers(0, 2**64 - 1),
    st.floats(0, 65535),
)
def test_an_update_comes_back(device: str, samples: int, first: np.ndarray, events: int, loss: float) -> None:
    sent = delta(device=device, samples=samples, weights={FIRST: first, SECOND: np.zeros((2, 3), np.int32)})
    back = WIRE.decode_update(encoded(Update(sent, counters(events), loss)))
    assert same(back.delta, sent) and back.counters == counters(events)
    assert abs(back.loss - loss) <= 2.0**-17


@pytest.mark.parametrize("loss", [-1.0, 65536.0, float("nan"), float("inf")])
def test_a_loss_that_is_none_is_not_sent(loss: float) -> None:
    with pytest.raises(LavaFedError, match=r"delta of device-3: loss .* must lie in 0\.\.65535"):
        encoded(Update(delta(), counters(), loss))


Decode = Callable[[bytes], object]
MESSAGES: list[tuple[bytes, Decode]] = [
    (WIRE.encode_task(task()), lambda data: WIRE.decode_task(data, versions)),
    (encoded(update()), WIRE.decode_update),
]


@pytest.mark.parametrize(("message", "decode"), MESSAGES)
def test_every_truncation_and_every_flipped_bit_is_refused(message: bytes, decode: Decode) -> None:
    for length in range(len(message)):
        with pytest.raises(WireError):
            decode(message[:length])
    for bit in range(8 * len(message)):
        flipped = bytearray(message)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WireError):
            decode(bytes(flipped))
    with pytest.raises(WireError, match="claims"):
        decode(message + b"\x00")


def body_of(message: bytes) -> bytes:
    _, start = varint.decode(message, 6, "length")
    return message[start + 4 :]


def sealed(message: bytes, body: bytes) -> bytes:
    """Return a frame whose length and checksum are right, whatever the body says."""
    head = message[:6] + varint.encode(len(body))
    return head + zlib.crc32(body, zlib.crc32(head)).to_bytes(4, "little") + body


@given(st.sampled_from(MESSAGES), st.data())
@settings(max_examples=400, deadline=None)
def test_a_forged_message_with_a_right_checksum_is_sound_or_refused(
    case: tuple[bytes, Decode], draw: st.DataObject
) -> None:
    message, decode = case
    body = bytearray(body_of(message))
    for _ in range(draw.draw(st.integers(0, 3))):
        body[draw.draw(st.integers(MARK, len(body) - 1))] = draw.draw(st.integers(0, 255))
    body = body[: draw.draw(st.integers(0, len(body)))] + draw.draw(st.binary(max_size=4))
    try:
        decode(sealed(message, bytes(body)))
    except WireError as error:
        assert "\n" not in str(error)
    except AssertionError:
        return  # a sound task that starts from another version


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    for message, decode in MESSAGES:
        for attempt in (data, message[:11] + data, sealed(message, data)):
            if attempt != message:
                with pytest.raises(WireError):
                    decode(attempt)


def test_no_message_makes_the_receiver_allocate_much() -> None:
    message, decode = MESSAGES[0]
    huge = message[:6] + varint.encode(2**32 - 1) + bytes(9)
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="claims 4294967295 bytes"):
            decode(huge)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_each_refusal_says_why() -> None:
    message, decode = MESSAGES[0]
    for data, problem in [
        (b"", "too short"),
        (b"HTTP" + message[4:], "not one of ours"),
        (message[:4] + b"\x09" + message[5:], "has version 9, expected 2"),
        (MESSAGES[1][0], r"of kind 2, expected 1 \(task\)"),
        (message[:-1] + bytes([message[-1] ^ 1]), "checksum"),
    ]:
        with pytest.raises(WireError, match=problem):
            decode(data)
    with pytest.raises(WireError, match="task is of another federation: give both sides the same Program"):
        OTHER.decode_task(message, versions)


@dataclasses.dataclass(frozen=True)
class Renamed(Exact):
    name = "renamed"


def test_both_sides_must_share_the_same_by_the_same_codec() -> None:
    less = Wire(Shared(SHARED.program, (FIRST,)), Exact())
    other = Wire(SHARED, Renamed())
    for wire in (less, other, OTHER):
        with pytest.raises(WireError, match="update is of another federation"):
            wire.decode_update(MESSAGES[1][0])


def test_a_message_has_a_longest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    for message, decode in MESSAGES:
        monkeypatch.setattr(frame, "BODY_LIMIT", len(body_of(message)))
        decode(message)
        monkeypatch.setattr(frame, "BODY_LIMIT", len(body_of(message)) - 1)
        with pytest.raises(WireError, match="claims"):
            decode(message)
    with pytest.raises(LavaFedError, match="over the limit of"):
        encoded(update())


def test_weights_that_no_connection_holds_are_refused() -> None:
    for first, second, problem in [
        (256, 0, r"connection input->out would hold 256\.\.256, its weights lie in -256\.\.255"),
        (0, -1, r"connection hidden->out would hold -1\.\.-1, its weights lie in 0\.\.255"),
    ]:
        weights = {FIRST: np.full((2, 5), first), SECOND: np.full((2, 3), second)}
        with pytest.raises(WireError, match=problem):
            WIRE.decode_task(WIRE.encode_task(task(weights=weights)), versions)


def test_what_does_not_belong_to_the_program_is_not_sent() -> None:
    with pytest.raises(LavaFedError, match="is for Program"):
        OTHER.encode_task(task())
    with pytest.raises(LavaFedError, match="connection 'hidden->out' is missing"):
        WIRE.encode_task(task(weights={FIRST: np.zeros((2, 5), int)}))
    with pytest.raises(LavaFedError, match=r"has shape \(2, 4\), expected \(2, 3\)"):
        WIRE.encode_task(task(weights={FIRST: np.zeros((2, 5), int), SECOND: np.zeros((2, 4), int)}))
    for events, problem in [
        (dataclasses.replace(counters(), spikes={}), "spikes were counted for nothing"),
        (counters(2**64), r"spikes were counted for .* expected numbers below 2\^64"),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            encoded(Update(delta(), events))


def test_values_of_a_task_and_a_delta_are_checked_and_frozen() -> None:
    for change in (
        {"turn": 0},
        {"turn": 2**31},
        {"version": -1},
        {"version": 2**31},
        {"seed": 2**31},
        {"seed": -1},
        {"halvings": 8},
        {"halvings": -1},
        {"acknowledged": 9},
        {"acknowledged": -1},
    ):
        with pytest.raises(LavaFedError, match="must lie in"):
            task(**change)
    for change in (
        {"device": ""},
        {"device": "a b"},
        {"device": "-a"},
        {"device": "a" * 64},
        {"samples": 0},
        {"samples": 2**31},
        {"turn": 0},
        {"turn": 2**31},
        {"version": 2**31},
        {"age": -1},
    ):
        with pytest.raises(LavaFedError):
            delta(**change)
    assert task(turn=1, acknowledged=0, version=0, seed=0).turn == delta(turn=1, samples=1).turn == 1
    order = dict(reversed(delta().weights.items()))
    assert list(delta(weights=order).weights) == sorted(order)
    for array in (np.zeros((2, 5)), np.zeros(5, np.int32), np.zeros((2, 5), np.int64)):
        with pytest.raises(LavaFedError, match="connection input->out must be an int32 matrix"):
            delta(weights={FIRST: array, SECOND: np.zeros((2, 3), np.int32)})
    with pytest.raises(ValueError, match="read-only"):
        delta().weights[FIRST][0, 0] = 1
    with pytest.raises(TypeError):
        task().weights[FIRST] = 1  # type: ignore[index]


def test_random_streams_belong_to_seed_turn_and_device() -> None:
    seen = set()
    for changes in ({}, {"seed": 1}, {"turn": 10}):
        for device in ("device-0", "device-1"):
            one = task(**changes)
            draws = (tuple(one.streams(device)[0].permutation(20)), one.streams(device)[1])
            codec = tuple(one.dice(device).permutation(20))
            assert draws == (tuple(one.streams(device)[0].permutation(20)), one.streams(device)[1])
            seen |= {draws[0], codec, draws[1]}
    assert len(seen) == 18
    # Passes through the data do not depend on the turn, so that they go on from one round to the next.
    assert task().shuffle("a", 3).bytes(9) == task(turn=10).shuffle("a", 3).bytes(9)
    assert len({task(seed=s).shuffle(d, n).bytes(9) for s in (1, 2) for d in "ab" for n in (0, 1)}) == 8


def test_a_change_in_chip_units_costs_no_more_for_being_in_finer_ones() -> None:
    ones = {FIRST: np.ones((2, 5), np.int32), SECOND: np.ones((2, 3), np.int32)}
    fine = encoded(update(weights=ones))
    coarse = encoded(update(weights={name: array << FRACTION_BITS for name, array in ones.items()}))
    assert abs(len(fine) - len(coarse)) <= 1
