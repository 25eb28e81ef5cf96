"""Trains of spikes as bytes: all come back, in each form in one way only; nothing else is read."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain
from lava_fed.errors import WireError
from lava_fed.messages import frame as updates
from lava_fed.spike_codec.train import FORMS, decode, encode, sizes

FORM_NAMES = tuple(FORMS)
SHAPES = st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 9))
PLAIN = SHAPES.flatmap(lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 1)))
MESSAGES = st.one_of(st.just(0), st.just(7), st.integers(-(2**31), 2**31 - 1))
GRADED = SHAPES.flatmap(lambda shape: arrays(np.int32, shape, elements=MESSAGES))


def same(one: SpikeTrain, other: SpikeTrain) -> bool:
    return (
        np.array_equal(one.values, other.values)
        and one.values.dtype == other.values.dtype
        and one.is_held == other.is_held
    )


def periodic(samples: int = 40) -> SpikeTrain:
    """Units that spike every few steps, each with a period of its own."""
    steps, periods = np.arange(32)[:, None], np.arange(100)[None, :] % 9 + 3
    return SpikeTrain(np.repeat((steps % periods == 0)[None].astype(np.uint8), samples, axis=0))


def dense() -> SpikeTrain:
    return SpikeTrain((np.random.default_rng(0).random((4, 16, 64)) < 0.5).astype(np.uint8))


def sparse() -> SpikeTrain:
    return SpikeTrain((np.random.default_rng(0).random((4, 16, 64)) < 0.004).astype(np.uint8))


@pytest.mark.parametrize("form", [*FORM_NAMES, "best"])
@given(PLAIN)
@settings(max_examples=60, deadline=None)
def test_plain_trains_come_back(form: str, values: NDArray[np.uint8]) -> None:
    train = SpikeTrain(values)
    assert same(decode(encode(train, form)), train)


@pytest.mark.parametrize("form", ["aer", "entropy", "best"])
@given(GRADED)
@settings(max_examples=60, deadline=None)
def test_graded_trains_come_back(form: str, values: NDArray[np.int32]) -> None:
    train = SpikeTrain(values)
    assert same(decode(encode(train, form)), train)


@pytest.mark.parametrize("form", FORM_NAMES)
def test_of_a_held_train_one_step_is_written(form: str) -> None:
    messages = (np.random.default_rng(0).random((3, 20)) < 0.3).astype(np.uint8)
    long, short = SpikeTrain.held(messages, 100), SpikeTrain.held(messages, 5)
    assert same(decode(encode(long, form)), long)
    assert len(encode(long, form)) == len(encode(short, form))


@pytest.mark.parametrize("form", FORM_NAMES)
@given(
    st.binary(max_size=60), st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 5)), st.integers(0, 3)
)
@settings(max_examples=300, deadline=None)
def test_any_body_is_refused_or_the_one_encoding_of_what_it_says(
    form: str, body: bytes, shape: tuple[int, int, int], flags: int
) -> None:
    head = b"LSPK" + bytes([1, FORMS[form].number, flags, *shape])
    data = head + zlib.crc32(head + body).to_bytes(4, "little") + body
    try:
        train = decode(data)
    except WireError:
        return
    assert encode(train, form) == data


@given(st.integers(0, 10**6), st.integers(0, 7), st.sampled_from(FORM_NAMES))
@settings(max_examples=100, deadline=None)
def test_a_damaged_train_is_refused(place: int, bit: int, form: str) -> None:
    data = bytearray(encode(sparse(), form))
    data[place % len(data)] ^= 1 << bit
    with pytest.raises(WireError):
        decode(bytes(data))


@given(st.integers(0, 200), st.sampled_from(FORM_NAMES))
@settings(max_examples=60, deadline=None)
def test_a_train_that_is_cut_short_is_refused(length: int, form: str) -> None:
    data = encode(sparse(), form)
    with pytest.raises(WireError):
        decode(data[: min(length, len(data) - 1)])


def test_a_train_that_claims_too_much_is_refused_before_room_is_made() -> None:
    for sizes_ in (b"\xff\xff\xff\x7f\x01\x01", b"\x00\xff\xff\xff\x7f\x05"):
        head = b"LSPK\x01\x01\x00" + sizes_
        with pytest.raises(WireError, match="over the limit of 1,000 bytes"):
            decode(head + zlib.crc32(head).to_bytes(4, "little"), limit=1000)


def test_updates_and_trains_are_never_taken_for_each_other() -> None:
    with pytest.raises(WireError, match="no train of spikes"):
        decode(updates.wrap("update", b"abc"))
    with pytest.raises(WireError, match="not one of ours"):
        updates.unwrap(encode(sparse(), "aer"), "update")


def test_one_bit_does_not_carry_graded_messages() -> None:
    graded = SpikeTrain(np.array([[[0, 5]]]))
    with pytest.raises(LavaFedError, match="these are graded; use aer or entropy"):
        encode(graded, "raster")
    assert "raster" not in sizes(graded)


def test_an_unknown_form_is_told_with_those_there_are() -> None:
    with pytest.raises(LavaFedError, match="no form of spikes is called 'zip'; known: raster, aer, entropy, best"):
        encode(sparse(), "zip")


def test_each_form_has_trains_that_suit_it() -> None:
    assert sizes(dense())["raster"] < sizes(dense())["aer"]
    assert sizes(sparse())["aer"] < sizes(sparse())["raster"]
    assert sizes(periodic())["entropy"] < 0.1 * min(sizes(periodic())["aer"], sizes(periodic())["raster"])


def test_what_follows_no_pattern_costs_little_more_than_its_entropy() -> None:
    train = SpikeTrain((np.random.default_rng(0).random((60, 16, 64)) < 0.1).astype(np.uint8))
    assert 8 * sizes(train)["entropy"] < 1.08 * train.values.size * 0.469


@pytest.mark.parametrize("train", [dense(), sparse(), periodic(2)], ids=["dense", "sparse", "periodic"])
def test_best_is_the_smallest(train: SpikeTrain) -> None:
    assert len(encode(train, "best")) == min(sizes(train).values())
