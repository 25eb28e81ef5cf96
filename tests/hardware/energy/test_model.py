"""Energy models: every constant says where it comes from, and files are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.chip.figure import Evidence
from hardware.energy.cause import Cause
from hardware.energy.known import NAMES, find_model
from hardware.energy.model import Constant
from hardware.errors import LavaFedError

MINE = """
name = "mine"
[joules]
spike = { value = 2e-12, within = 0.1, evidence = "read", source = "bench" }
synapse_dense = { evidence = "unknown", source = "not measured" }
[barrier]
tiles = [1, 4]
nanoseconds = [100, 200]
within = 0.5
[sources]
bench = "our bench, May"
"""


@pytest.mark.parametrize("name", NAMES)
def test_every_constant_names_its_source_and_what_is_unknown_has_no_value(name: str) -> None:
    model = find_model(name)
    assert model.name == name
    for key, constant in model.constants:
        assert len(constant.source) > 10, key
        assert (constant.value is None) is (constant.evidence is Evidence.UNKNOWN)
        assert constant.value is None or constant.within > 0, key


def test_nothing_of_loihi_2_is_published_and_the_model_says_so() -> None:
    model = find_model("loihi2")
    assert model.estimated
    assert {constant.evidence for _, constant in model.constants} == {Evidence.ESTIMATE, Evidence.UNKNOWN}


def test_the_published_table_of_loihi_1_holds_no_estimate() -> None:
    model = find_model("davies2018")
    assert not model.estimated
    assert model.joules[Cause.LEARNING].value == pytest.approx(120e-12)
    active = (model.joules[Cause.NEURON_ACCESS].value or 0) + (model.joules[Cause.NEURON_UPDATE].value or 0)
    assert active == pytest.approx(81e-12)


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    model = find_model(path)
    assert model.title == "mine"
    assert model.joules[Cause.SPIKE] == Constant(2e-12, "J", Evidence.READ, "our bench, May", 0.1)
    assert model.joules[Cause.SYNAPSE_DENSE].value is None
    assert not model.seconds
    assert model.barrier is not None
    times = [model.barrier.at(tiles).value for tiles in (1, 3, 4, 99)]
    assert times == pytest.approx([100e-9, 100e-9, 200e-9, 200e-9])
    assert model.barrier.at(1).evidence is Evidence.ESTIMATE


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("spike =", "spkie =", r"mine.toml: 'joules.spkie' is not a key"),
        ("value = 2e-12", "value = -1", r"joules.spike.value is -1, it must be a number in 0\.\.1e\+06"),
        ("value = 2e-12", "value = nan", r"joules.spike.value is nan"),
        ("within = 0.1", "within = 1.5", r"joules.spike.within is 1.5, it must be a number in 0\.\.1"),
        ("within = 0.1, ", "", r"joules.spike.within is missing"),
        ('"read"', '"rad"', r"did you mean 'read'"),
        (
            '{ evidence = "unknown"',
            '{ value = 1, evidence = "unknown"',
            r"'joules.synapse_dense.value' is not a key",
        ),
        ("tiles = [1, 4]", "tiles = [4, 1]", r"barrier needs ascending tiles"),
        (
            "tiles = [1, 4]",
            "tiles = [1]",
            r"barrier needs ascending tiles with as many nanoseconds, found 1 and 2",
        ),
        ("[joules]", "[jouls]", r"joules is missing"),
    ],
)
def test_a_file_that_says_what_a_model_cannot_be_is_refused(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    path = tmp_path / "mine.toml"
    assert old in MINE
    path.write_text(MINE.replace(old, new, 1))
    with pytest.raises(LavaFedError, match=sentence):
        find_model(path)


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        LavaFedError, match="no energy model is called 'loihi3'; known: loihi1, davies2018, loihi2"
    ):
        find_model("loihi3")
    with pytest.raises(LavaFedError, match="cannot read the energy model"):
        find_model(tmp_path / "none.toml")
    with pytest.raises(LavaFedError, match="what is unknown has no value"):
        Constant(1.0, "J", Evidence.UNKNOWN, "nobody")
