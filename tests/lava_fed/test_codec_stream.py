"""Matrices as bytes: everything comes back, in one way only, in about as few bits as there is news in them."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from lava_fed.codec.stream import pack, unpack
from lava_fed.errors import WireError

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 9))
WORDS = st.integers(-(2**31), 2**31 - 1)
LIKELY = st.one_of(st.just(0), st.integers(-3, 3).map(lambda value: value << 16), WORDS)


def shapes_of(given_: dict[str, NDArray[np.int32]]) -> dict[str, tuple[int, int]]:
    return {name: (array.shape[0], array.shape[1]) for name, array in given_.items()}


def sparse(rng: np.random.Generator, shape: tuple[int, int], share: float) -> NDArray[np.int32]:
    signs = rng.choice([-1, 1], shape)
    return np.where(rng.random(shape) < share, signs << 16, 0).astype(np.int32)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_packed_comes_back(data: st.DataObject) -> None:
    found = {
        name: data.draw(arrays(np.int32, data.draw(SHAPES), elements=LIKELY))
        for name in data.draw(st.sets(st.sampled_from("abc"), min_size=1))
    }
    packed = pack(found)
    back = unpack(packed, shapes_of(found))
    assert all(np.array_equal(back[name], found[name]) and back[name].dtype == np.int32 for name in found)


@given(st.binary(max_size=80), SHAPES, SHAPES)
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_refused_or_are_the_one_encoding_of_what_they_say(
    data: bytes, first: tuple[int, int], second: tuple[int, int]
) -> None:
    try:
        found = unpack(data, {"a": first, "b": second})
    except WireError:
        return
    assert pack(found) == data


@given(st.integers(0, 10**6), st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_a_damaged_message_is_refused_or_the_one_encoding_of_something_else(place: int, bit: int) -> None:
    good = {"a": sparse(np.random.default_rng(3), (20, 30), 0.2)}
    data = bytearray(pack(good))
    data[place % len(data)] ^= 1 << bit
    try:
        found = unpack(bytes(data), {"a": (20, 30)})
    except WireError:
        return
    assert pack(found) == bytes(data)


@pytest.mark.parametrize("extreme", [-(2**31), 2**31 - 1, 1, -1])
def test_the_outermost_numbers_travel(extreme: int) -> None:
    found = {"a": np.array([[0, extreme, 0], [extreme, 0, 1]], np.int32)}
    assert np.array_equal(unpack(pack(found), {"a": (2, 3)})["a"], found["a"])


def test_nothing_changed_needs_no_byte() -> None:
    assert pack({"a": np.zeros((32, 784), np.int32), "b": np.zeros((1, 1), np.int32)}) == b""


def test_bytes_after_the_end_are_refused() -> None:
    good = {"a": sparse(np.random.default_rng(0), (9, 9), 0.3)}
    for more in (b"\0", b"\1", b"\0" * 1000):
        with pytest.raises(WireError, match="does not end where its weights do"):
            unpack(pack(good) + more, {"a": (9, 9)})


@pytest.mark.parametrize("quantum", [1, 3, 255, 1 << 16, 3 << 16])
def test_the_common_divisor_of_all_changes_costs_a_few_bits_only(quantum: int) -> None:
    ones = np.sign(sparse(np.random.default_rng(1), (40, 50), 0.1)).astype(np.int32)
    assert len(pack({"a": ones * quantum})) - len(pack({"a": ones})) <= 3


@pytest.mark.parametrize("share", [0.001, 0.01, 0.05, 0.3, 0.5, 1.0])
def test_changes_that_follow_no_pattern_cost_their_entropy(share: float) -> None:
    found = sparse(np.random.default_rng(2), (64, 784), share)
    news = 0.0 if share == 1 else -(share * np.log2(share) + (1 - share) * np.log2(1 - share))
    assert 8 * len(pack({"a": found})) < 1.05 * found.size * (news + share) + 150


def test_changes_of_few_rows_and_columns_cost_less_than_scattered_ones() -> None:
    rng = np.random.default_rng(4)
    rows, columns = rng.random(64) < 0.2, rng.random(784) < 0.2
    found = np.outer(rows, columns).astype(np.int32) << 16
    scattered = rng.permutation(found.ravel()).reshape(found.shape)
    assert len(pack({"a": found})) < 0.5 * len(pack({"a": scattered}))


def test_a_long_message_outgrows_the_first_guess_of_its_length() -> None:
    found = np.random.default_rng(5).integers(-(2**31), 2**31, (50, 60)).astype(np.int32)
    assert np.array_equal(unpack(pack({"a": found}), {"a": (50, 60)})["a"], found)


def test_the_bytes_are_those_of_every_machine_and_release() -> None:
    rng = np.random.default_rng(6)
    found = {"a": sparse(rng, (16, 20), 0.1), "b": rng.integers(-300, 300, (3, 4)).astype(np.int32)}
    assert sha256(pack(found)).hexdigest() == "0e1d826693b1715fbf3ef79ff0962bee843edcbd3a494968a5dcec78d9c9c151"
