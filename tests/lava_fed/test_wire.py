from __future__ import annotations

import dataclasses
import struct
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hardware.counters import Counters
from hardware.errors import LavaFedError
from hardware.program import Program
from lava_fed import bits, wire
from lava_fed.delta import WeightDelta
from lava_fed.errors import WireError
from lava_fed.task import Task
from tests.lava_fed.conftest import FIRST, SECOND, small_program

PROGRAM = small_program()
int16 = st.integers(-(2**15), 2**15 - 1)


def counters(value: int = 7) -> Counters:
    return Counters(
        {"input": value, "hidden": 0, "out": 2**64 - 1},
        {"input->hidden": 1, FIRST: 2, SECOND: 3},
        {"hidden": 4, "out": 5},
        {FIRST: 6, SECOND: value},
    )


def task(**changes: object) -> Task:
    weights = {FIRST: np.arange(-5, 5).reshape(2, 5), SECOND: np.full((2, 3), 255)}
    fields: dict[str, object] = {"round": 3, "seed": 2**31 - 1, "passes": 2, "weights": weights}
    return Task(PROGRAM.digest, **(fields | changes))  # type: ignore[arg-type]


def delta(**changes: object) -> WeightDelta:
    weights = {FIRST: np.array([[0, 0, -511, 511, 1]] * 2), SECOND: np.zeros((2, 3), int)}
    fields: dict[str, object] = {"device": "device-3", "round": 3, "samples": 142, "weights": weights}
    return WeightDelta(PROGRAM.digest, **(fields | changes))  # type: ignore[arg-type]


def same(a: object, b: object) -> bool:
    left, right = dict(vars(a)), dict(vars(b))
    one, two = left.pop("weights"), right.pop("weights")
    return left == right and one.keys() == two.keys() and all(np.array_equal(one[k], two[k]) for k in one)


@given(hnp.arrays(np.int16, hnp.array_shapes(min_dims=1, max_dims=2, max_side=30), elements=int16))
def test_packed_bits_come_back_and_are_as_few_as_can_be(values: np.ndarray) -> None:
    block = bits.pack(values)
    back, end = bits.unpack(b"??" + block, 2, values.shape, "w")
    assert np.array_equal(back, values) and back.dtype == np.int16 and end == 2 + len(block)
    spread = int(values.max()) - int(values.min())
    assert len(block) == 3 + -(-values.size * spread.bit_length() // 8)


def test_packed_bits_at_their_edges() -> None:
    assert bits.pack(np.full((3, 3), -7, np.int16)).hex() == "f9ff00"
    assert bits.pack(np.array([0, 1], np.int16)).hex() == "00000140"
    assert bits.pack(np.arange(9, dtype=np.int16) // 8).hex() == "0000010080"  # nine bits take two bytes
    assert bits.unpack(bits.pack(np.arange(9, dtype=np.int16) // 8), 0, (9,), "w")[0].tolist() == [0] * 8 + [1]
    full = np.array([-(2**15), 2**15 - 1], np.int16)
    assert bits.pack(full).hex() == "0080100000ffff"
    assert bits.unpack(bits.pack(full), 0, (2,), "w")[0].tolist() == full.tolist()


@given(
    st.integers(1, 2**20 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(1, 65535),
    hnp.arrays(np.int16, (2, 5), elements=st.integers(-256, 255)),
    hnp.arrays(np.int16, (2, 3), elements=st.integers(0, 255)),
)
def test_a_task_comes_back(round_: int, seed: int, passes: int, first: np.ndarray, second: np.ndarray) -> None:
    sent = task(round=round_, seed=seed, passes=passes, weights={SECOND: second, FIRST: first})
    data = wire.encode_task(sent, PROGRAM)
    assert same(wire.decode_task(data, PROGRAM), sent)
    assert wire.encode_task(wire.decode_task(data, PROGRAM), PROGRAM) == data


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", fullmatch=True).filter(str.isascii),
    st.integers(1, 2**31 - 1),
    hnp.arrays(np.int16, (2, 5), elements=st.integers(-511, 511)),
    st.integers(0, 2**64 - 1),
)
def test_an_update_comes_back(device: str, samples: int, first: np.ndarray, events: int) -> None:
    sent = delta(device=device, samples=samples, weights={FIRST: first, SECOND: np.zeros((2, 3), int)})
    data = wire.encode_update(sent, counters(events), PROGRAM)
    back, counted = wire.decode_update(data, PROGRAM)
    assert same(back, sent) and counted == counters(events)


MESSAGES: list[tuple[bytes, Callable[[bytes, Program], object]]] = [
    (wire.encode_task(task(), PROGRAM), wire.decode_task),
    (wire.encode_update(delta(), counters(), PROGRAM), wire.decode_update),
]


@pytest.mark.parametrize(("message", "decode"), MESSAGES)
def test_every_truncation_and_every_flipped_bit_is_refused(message: bytes, decode: Callable[..., object]) -> None:
    for length in range(len(message)):
        with pytest.raises(WireError):
            decode(message[:length], PROGRAM)
    for bit in range(8 * len(message)):
        flipped = bytearray(message)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WireError):
            decode(bytes(flipped), PROGRAM)
    with pytest.raises(WireError, match="claims"):
        decode(message + b"\x00", PROGRAM)


def sealed(head: bytes, body: bytes) -> bytes:
    """Return a frame whose length and checksum are right, whatever the body says."""
    frame = head[:6] + len(body).to_bytes(4, "little")
    return frame + zlib.crc32(body, zlib.crc32(frame)).to_bytes(4, "little") + body


@given(st.sampled_from(MESSAGES), st.data())
@settings(max_examples=400, deadline=None)
def test_a_forged_message_with_a_right_checksum_is_sound_or_refused(
    case: tuple[bytes, Callable[..., object]], draw: st.DataObject
) -> None:
    message, decode = case
    body = bytearray(message[14:])
    for _ in range(draw.draw(st.integers(0, 3))):
        body[draw.draw(st.integers(0, len(body) - 1))] = draw.draw(st.integers(0, 255))
    body = body[: draw.draw(st.integers(0, len(body)))] + draw.draw(st.binary(max_size=4))
    data = sealed(message, bytes(body))
    try:
        decoded = decode(data, PROGRAM)
    except WireError as error:
        assert "\n" not in str(error)
        return
    # What is accepted is the one encoding of what it says.
    again = (
        wire.encode_task(decoded, PROGRAM) if isinstance(decoded, Task) else wire.encode_update(*decoded, PROGRAM)  # type: ignore[misc]
    )
    assert again == data


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    for message, decode in MESSAGES:
        for attempt in (data, message[:14] + data, sealed(message, data)):
            if attempt != message:
                with pytest.raises(WireError):
                    decode(attempt, PROGRAM)


def test_no_message_makes_the_receiver_allocate_much() -> None:
    message, _ = MESSAGES[0]
    body = bytearray(message[14:])
    body[42 + 2] = 255  # width of the first block
    huge = message[:6] + (2**32 - 1).to_bytes(4, "little") + message[10:]
    tracemalloc.start()
    try:
        for data, problem in [
            (sealed(message, bytes(body)), "claims 255 bits"),
            (huge, "claims 4294967295 bytes"),
        ]:
            with pytest.raises(WireError, match=problem):
                wire.decode_task(data, PROGRAM)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_each_refusal_says_why() -> None:
    message, _ = MESSAGES[0]
    update, _ = MESSAGES[1]
    other = small_program(hidden=4)
    for data, program, problem in [
        (b"", PROGRAM, "too short"),
        (b"HTTP" + message[4:], PROGRAM, "not one of ours"),
        (message[:4] + b"\x09" + message[5:], PROGRAM, "has version 9, expected 1"),
        (update, PROGRAM, r"of kind 2, expected 1 \(task\)"),
        (message, other, "is for Program .* give both the same Program"),
        (message[:-1] + bytes([message[-1] ^ 1]), PROGRAM, "checksum"),
    ]:
        with pytest.raises(WireError, match=problem):
            wire.decode_task(data, program)


def test_only_the_one_encoding_of_values_is_read() -> None:
    def block(low: int, width: int, packed: bytes) -> bytes:
        return struct.pack("<hB", low, width) + packed

    for data, shape in [
        (block(5, 1, b"\x00"), (3,)),  # all equal, so no bits are needed
        (block(5, 1, b"\xe0"), (3,)),  # the smallest is 6
        (block(5, 2, b"\x20"), (3,)),  # 0, 1, 0 take one bit
        (block(2**15 - 2, 2, b"\x30"), (2,)),  # the larger is 2^15 + 1
        (block(2**15 - 1, 1, b"\x40"), (2,)),  # the larger is 2^15
    ]:
        with pytest.raises(WireError, match="does not encode w in the one allowed way"):
            bits.unpack(data, 0, shape, "w")
    assert bits.unpack(block(2**15 - 2, 1, b"\x40"), 0, (2,), "w")[0].tolist() == [2**15 - 2, 2**15 - 1]
    with pytest.raises(WireError, match="stray bits after w"):
        bits.unpack(block(0, 1, b"\x41"), 0, (2,), "w")
    for width in (17, 255):
        with pytest.raises(WireError, match=f"claims {width} bits for each of 2 values"):
            bits.unpack(block(0, width, bytes(64)), 0, (2,), "w")


@pytest.mark.parametrize(("message", "decode"), MESSAGES)
def test_stray_bytes_behind_a_right_checksum_are_refused(message: bytes, decode: Callable[..., object]) -> None:
    with pytest.raises(WireError, match="has 2 stray bytes at its end"):
        decode(sealed(message, message[14:] + b"\x00\x00"), PROGRAM)


def test_a_message_has_a_longest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    for message, decode in MESSAGES:
        monkeypatch.setattr(wire, "BODY_LIMIT", len(message) - 14)
        decode(message, PROGRAM)
        monkeypatch.setattr(wire, "BODY_LIMIT", len(message) - 15)
        with pytest.raises(WireError, match="claims"):
            decode(message, PROGRAM)
    with pytest.raises(LavaFedError, match="over the limit of"):
        wire.encode_update(delta(), counters(), PROGRAM)


def test_values_that_learning_cannot_reach_are_refused() -> None:
    for weights in ({FIRST: np.full((2, 5), 256), SECOND: np.zeros((2, 3), int)},):
        with pytest.raises(WireError, match=r"connection input->out: values 256\.\.256 must lie in -256\.\.255"):
            wire.decode_task(wire.encode_task(task(weights=weights), PROGRAM), PROGRAM)
    low = {FIRST: np.zeros((2, 5), int), SECOND: np.full((2, 3), -256)}
    data = wire.encode_update(delta(weights=low), counters(), PROGRAM)
    with pytest.raises(WireError, match=r"connection hidden->out: values -256\.\.-256 must lie in -255\.\.255"):
        wire.decode_update(data, PROGRAM)


def test_what_does_not_belong_to_the_program_is_not_sent() -> None:
    other = small_program(hidden=4)
    with pytest.raises(LavaFedError, match="is for Program"):
        wire.encode_task(task(), other)
    with pytest.raises(LavaFedError, match="connection 'hidden->out' is missing"):
        wire.encode_task(task(weights={FIRST: np.zeros((2, 5), int)}), PROGRAM)
    with pytest.raises(LavaFedError, match=r"has shape \(2, 4\), expected \(2, 3\)"):
        wire.encode_task(task(weights={FIRST: np.zeros((2, 5), int), SECOND: np.zeros((2, 4), int)}), PROGRAM)
    with pytest.raises(LavaFedError, match="spikes were counted for nothing"):
        wire.encode_update(delta(), dataclasses.replace(counters(), spikes={}), PROGRAM)
    with pytest.raises(LavaFedError, match=r"spikes were counted for .* expected numbers below 2\^64"):
        wire.encode_update(delta(), counters(2**64), PROGRAM)
    with pytest.raises(LavaFedError, match="is for Program"):
        wire.encode_update(delta(), counters(), other)
    with pytest.raises(LavaFedError, match=r"delta of device-3: connection hidden->out has shape \(2, 4\)"):
        wide = {FIRST: np.zeros((2, 5), int), SECOND: np.zeros((2, 4), int)}
        wire.encode_update(delta(weights=wide), counters(), PROGRAM)


def test_values_of_a_task_and_a_delta_are_checked_and_frozen() -> None:
    for change in (
        {"round": 0},
        {"round": 2**20},
        {"seed": 2**31},
        {"seed": -1},
        {"passes": 0},
        {"passes": 2**16},
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
        {"round": 0},
        {"round": 2**20},
    ):
        with pytest.raises(LavaFedError):
            delta(**change)
    assert task(round=2**20 - 1, seed=0, passes=2**16 - 1).passes == 2**16 - 1
    assert delta(round=1, samples=1).round == task(round=1, passes=1).round == 1
    assert delta(round=2**20 - 1, samples=2**31 - 1).samples == 2**31 - 1
    extremes = {FIRST: np.array([[-(2**15), 2**15 - 1, 0, 0, 0]] * 2), SECOND: np.zeros((2, 3), int)}
    assert delta(weights=extremes).weights[FIRST].min() == -(2**15)
    assert list(delta(weights=dict(reversed(extremes.items()))).weights) == sorted(extremes)
    for array in (
        np.zeros((2, 5)),
        np.zeros(5, int),
        np.full((2, 5), 2**15),
        np.full((2, 5), -(2**15) - 1),
        np.full((2, 5), 2**63, np.uint64),
    ):
        with pytest.raises(LavaFedError, match="connection input->out"):
            delta(weights={FIRST: array, SECOND: np.zeros((2, 3), int)})
    with pytest.raises(ValueError, match="read-only"):
        delta().weights[FIRST][0, 0] = 1
    with pytest.raises(TypeError):
        task().weights[FIRST] = 1  # type: ignore[index]


def test_random_streams_belong_to_seed_round_and_device() -> None:
    seen = set()
    for changes in ({}, {"seed": 1}, {"round": 4}):
        for device in ("device-0", "device-1"):
            rng, seed = task(**changes).streams(device)
            seen.add((tuple(rng.permutation(20)), seed))
            again, same_seed = task(**changes).streams(device)
            assert (tuple(again.permutation(20)), same_seed) in seen
    assert len({order for order, _ in seen}) == len({seed for _, seed in seen}) == 6
    assert all(0 <= seed < 2**31 for _, seed in seen)


def test_base_plus_delta_is_what_was_learned() -> None:
    base = task(weights={FIRST: np.full((2, 5), 250), SECOND: np.full((2, 3), 3)})

    def learned(first: int, second: int) -> dict[str, np.ndarray]:
        weights = {FIRST: np.full((2, 5), first), SECOND: np.full((2, 3), second)}
        return delta(weights=weights).learned(PROGRAM, base)

    for first, second in ((5, -3), (-506, 252)):  # each the farthest that learning can go
        found = learned(first, second)
        assert np.all(found[FIRST] == 250 + first) and np.all(found[SECOND] == 3 + second)
        assert found[FIRST].dtype == np.int16
    for first, second, problem in [
        (6, 0, r"input->out would reach 256\.\.256, but learning stays in -256\.\.255"),
        (-507, 0, r"input->out would reach -257\.\.-257"),
        (0, -4, r"hidden->out would reach -1\.\.-1, but learning stays in 0\.\.255"),
        (0, 253, r"hidden->out would reach 256\.\.256"),
    ]:
        with pytest.raises(LavaFedError, match=problem):
            learned(first, second)
    with pytest.raises(LavaFedError, match="answers round 4 .* expected round 3"):
        delta(round=4).learned(PROGRAM, base)
    other = WeightDelta("0" * 64, "device-3", 3, 1, delta().weights)
    with pytest.raises(LavaFedError, match="answers round 3 of Program 000000000000"):
        other.learned(PROGRAM, base)
    with pytest.raises(LavaFedError, match="delta of device-3: connection 'hidden->out' is missing"):
        delta(weights={FIRST: np.zeros((2, 5), int)}).learned(PROGRAM, base)
