"""``lava-fed data``."""

from __future__ import annotations

import numpy as np

from lava_fed.data import archive, registry

SUMMARY = """\
data     handwritten digits, public split
samples  300
units    64
steps    8
spikes   {spikes:,}
classes  10
digest   {digest}
Wrote public.npz.
"""


def test_the_file_holds_the_split_and_the_summary_says_so(lava_fed, tmp_path):
    said = lava_fed("data", "digits", "--split", "public", "--steps", "8", "-o", "public.npz")
    expected = registry.load("digits", "public", 8)
    assert said.code == 0
    assert said.out == SUMMARY.format(spikes=expected.x.total(), digest=expected.digest)
    found = archive.read(tmp_path / "public.npz")
    assert found.digest == expected.digest
    np.testing.assert_array_equal(found.x.values, expected.x.values)


def test_json(lava_fed):
    said = lava_fed("data", "digits", "-o", "test.npz", "--json")
    assert said.code == 0
    assert {key: said.document[key] for key in ("data", "samples", "units", "steps", "classes")} == {
        "data": "test.npz", "samples": 360, "units": 64, "steps": 32, "classes": 10,
    }  # fmt: skip


def test_an_unknown_data_set_or_split_is_named(lava_fed):
    said = lava_fed("data", "digit", "-o", "x.npz")
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("Error: no data set is called 'digit'; known: digits\n")
    said = lava_fed("data", "digits", "--split", "train", "-o", "x.npz")
    assert said.code == 2
    assert "has no split 'train'; known: public, device, test" in said.err


def test_steps_out_of_range(lava_fed):
    assert lava_fed("data", "digits", "--steps", "0", "-o", "x.npz").code == 2
    assert lava_fed("data", "digits", "--steps", "many", "-o", "x.npz").code == 2
