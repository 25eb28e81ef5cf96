"""Bytes of one update are told beside what a simple writer would need."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.codec_bytes import CODECS, entropy, table


def test_a_coin_for_each_place_and_a_die_for_each_value() -> None:
    array = np.zeros((4, 4), np.int32)
    array[0] = [1, 2, 3, 4]
    places = -16 * (0.25 * np.log2(0.25) + 0.75 * np.log2(0.75))
    assert entropy({"a": array}) == pytest.approx(places + 4 * 2)
    assert entropy({"a": np.zeros((2, 2), np.int32)}) == 0


def test_every_codec_has_a_row_with_the_bytes_of_what_it_sends() -> None:
    change = {"a": (np.random.default_rng(0).normal(0, 3, (30, 40)) * 2**16).astype(np.int32)}
    found = table("nowhere", change, 1200)
    assert [row[0].split()[0] for row in found.rows] == [codec.name for codec in CODECS]
    assert found.rows[0][1] == "1,200"
    assert found.rows[0][6] == "9,600"
    assert int(found.rows[1][2]) < int(found.rows[0][2].replace(",", ""))
