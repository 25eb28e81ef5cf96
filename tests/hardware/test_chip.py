"""Chips: figures with their evidence, files, boards."""

from __future__ import annotations

import copy
import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.chip import widths
from hardware.chip.board import Board
from hardware.chip.figure import Evidence, Figure, in_words
from hardware.chip.file import board_content, board_from, chip_content, chip_from, read_chip
from hardware.chip.known import CHIPS, LOIHI1, LOIHI2, find_chip
from hardware.chip.quantity import QUANTITIES
from hardware.chip.spec import ChipSpec
from hardware.errors import ChipError
from hardware.placement.mesh import Mesh

MINE = """\
name = "mine"
title = "My chip"
like = "loihi2"

[sources]
us = "our own wafer"

[figures]
cores = { value = 12, evidence = "published", source = "us" }
neurons_per_core = { value = 100 }
columns = { value = 3, source = "us" }
rows = { value = 4, source = "a drawing" }
cores_per_tile = { value = 1, source = "us" }
axons_in_per_core = { value = 64, evidence = "read", source = "us" }

[boards.pair]
columns = 2
rows = 1
source = "us"
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    return path


def test_every_field_of_a_chip_is_a_quantity() -> None:
    fields = [each.name for each in dataclasses.fields(ChipSpec)]
    assert fields == ["name", "title", *QUANTITIES, "stated", "boards"]


@pytest.mark.parametrize("chip", CHIPS.values(), ids=CHIPS)
def test_every_figure_has_unit_evidence_and_source(chip: ChipSpec) -> None:
    for name, figure in chip.figures.items():
        quantity = QUANTITIES[name]
        assert figure.value == getattr(chip, name)
        assert type(figure.value) is (bool if quantity.yes_or_no else int) or figure.value is None
        assert figure.unit == quantity.unit
        assert (figure.value is None) == (figure.evidence is Evidence.UNKNOWN)
        assert len(figure.source) > 10, name
        assert "given by hand" not in figure.source, "every figure of ours has a source"


def test_what_intel_has_not_published_is_not_called_published() -> None:
    nobody = {name for name, figure in LOIHI2.figures.items() if figure.evidence is Evidence.UNKNOWN}
    assert {"axons_in_per_core", "axons_out_per_core", "learning_bytes_reserved_per_core"} <= nobody
    assert LOIHI2.figures["columns"].evidence is Evidence.ESTIMATE
    assert LOIHI2.figures["columns"].text == "8 (estimate)"
    assert LOIHI2.figures["axons_in_per_core"].text == "not published"
    assert LOIHI1.figures["neurons_per_core"] == Figure(
        1024,
        "neurons",
        Evidence.PUBLISHED,
        "Davies et al., Loihi: A Neuromorphic Manycore Processor with On-Chip Learning, IEEE Micro 38(1), 2018",
    )


def test_no_chip_is_wider_than_the_arithmetic_that_runs_it() -> None:
    for chip in CHIPS.values():
        assert chip.state_bits == widths.STATE_BITS
        assert chip.decay_bits == widths.DECAY_BITS
        assert (1 << chip.threshold_bits) - 1 == widths.THRESHOLD_MANTISSA_MAX
        assert 1 << (chip.bias_bits - 1) == widths.BIAS_MANTISSA_LIMIT
        assert (1 << chip.bias_exponent_bits) - 1 == widths.BIAS_EXPONENT_MAX
        assert chip.weight_bits == widths.WEIGHT_BITS
        exponents = (chip.weight_exponent_min, chip.weight_exponent_max)
        assert exponents == (widths.WEIGHT_EXPONENT_MIN, widths.WEIGHT_EXPONENT_MAX)
        assert chip.delay_max <= widths.DELAY_MAX
        assert chip.refractory_max <= widths.REFRACTORY_MAX
        assert chip.graded_bits in (0, widths.MESSAGE_BITS_MAX)


def test_figures_in_words() -> None:
    assert in_words(LOIHI2.figures.values()).startswith("figures: ")
    one = Figure(1, "", Evidence.READ, "s")
    assert in_words([one, one]) == "figures: 2 read from public code"
    assert in_words([one, dataclasses.replace(one, evidence=Evidence.ESTIMATE)]) == (
        "figures: 1 read from public code, 1 estimated"
    )


def test_a_figure_that_was_changed_by_hand_is_an_estimate() -> None:
    other = dataclasses.replace(LOIHI1, cores=3, axons_in_per_core=None)
    assert other.figures["cores"] == Figure(3, "cores", Evidence.ESTIMATE, "given by hand")
    assert other.figures["axons_in_per_core"].evidence is Evidence.UNKNOWN
    assert other.figures["rows"] == LOIHI1.figures["rows"]


def test_a_chip_of_the_users_own(mine: Path) -> None:
    chip = find_chip(str(mine))
    assert chip == find_chip(mine)
    assert (chip.name, chip.title, chip.cores, chip.neurons_per_core) == ("mine", "My chip", 12, 100)
    assert chip.figures["cores"] == Figure(12, "cores", Evidence.PUBLISHED, "our own wafer")
    assert chip.figures["neurons_per_core"].evidence is Evidence.ESTIMATE
    assert chip.figures["neurons_per_core"].source == "mine.toml, which names no source"
    assert chip.figures["threshold_bits"] == LOIHI2.figures["threshold_bits"]
    assert chip.boards == {"pair": Board("pair", "pair", "mine", 2, 1, source="our own wafer")}


@pytest.mark.parametrize("chip", CHIPS.values(), ids=CHIPS)
def test_a_chip_is_written_and_read_back(chip: ChipSpec) -> None:
    assert chip_from(chip_content(chip), "FILE") == chip
    other = dataclasses.replace(chip, name="other", cores=5)
    assert chip_from(chip_content(other), "FILE").figures == other.figures
    for board in chip.boards.values():
        assert board_from(board_content(board), board.name, chip.name, "FILE") == board


def test_a_chip_without_a_model_says_every_figure(tmp_path: Path) -> None:
    content = chip_content(dataclasses.replace(LOIHI1, name="mine"))
    del content["figures"]["axons_out_per_core"]
    assert chip_from(content, "FILE").figures["axons_out_per_core"].source == "not in FILE"
    del content["figures"]["rows"]
    with pytest.raises(ChipError, match=r"FILE: figures\.rows is missing"):
        chip_from(content, "FILE")


def change(content: dict[str, Any], *path: str, to: object) -> dict[str, Any]:
    changed = copy.deepcopy(content)
    inside = changed
    for key in path[:-1]:
        inside = inside.setdefault(key, {})
    inside[path[-1]] = to
    return changed


@pytest.mark.parametrize(
    ("path", "to", "message"),
    [
        (("name",), "My Chip", "name is 'My Chip', it must be up to 64 lower-case letters"),
        (("figures", "cores", "value"), 0, r"figures\.cores\.value is 0, it must be an integer in 1\.\."),
        (("figures", "cores", "value"), "many", r"figures\.cores\.value is 'many'"),
        (("figures", "cores", "value"), True, r"figures\.cores\.value is True"),
        (("figures", "learning", "value"), 1, r"figures\.learning\.value is 1, it must be true or false"),
        (
            ("figures", "cores", "evidence"),
            "rumour",
            "it must be one of 'published', 'read', 'estimate', 'unknown'",
        ),
        (("figures", "cores", "weight"), 3, r"'figures\.cores\.weight' is not a key of a chip file"),
        (("figures", "corse"), {"value": 3}, r"'figures\.corse' is not a key of a chip file; did you mean"),
        (("figures", "cores"), 3, r"figures\.cores must be a table"),
        (("figures", "axons_in_per_core", "evidence"), "unknown", "value' is not a key"),
        (("figures", "cores", "value"), 129, "129 cores do not fit 8 x 4 tiles of 4; correct"),
        (("boards", "kapoho-bay", "columns"), 0, r"boards\.kapoho-bay\.columns is 0"),
        (("boards", "Bad Name"), {"columns": 1, "rows": 1}, "a board's name is 'Bad Name'"),
        (("colour",), "blue", "'colour' is not a key of a chip file"),
        (("like",), "loihi2", "'like' is not a key of a chip file"),
    ],
)
def test_a_chip_file_that_is_not_sound_is_refused(path: tuple[str, ...], to: object, message: str) -> None:
    content = change(chip_content(dataclasses.replace(LOIHI1, name="mine")), *path, to=to)
    with pytest.raises(ChipError, match=message):
        chip_from(content, "FILE")


PATHS = st.sampled_from(
    [("figures",), ("figures", "cores"), ("figures", "cores", "value"), ("figures", "rows", "source"), ("boards",),
     ("boards", "nahuku"), ("boards", "nahuku", "rows"), ("sources",), ("sources", "a"), ("name",), ("title",)]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=4,
)


def test_a_slip_in_a_file_that_takes_over_another_chip_is_told_from_all_figures() -> None:
    content = {"name": "mine", "like": "loihi2", "figures": {"corse": {"value": 3}}}
    with pytest.raises(ChipError, match=r"not a key of a chip file; did you mean figures\.cores\?"):
        chip_from(content, "FILE", CHIPS)


@settings(max_examples=100, deadline=None)
@given(path=PATHS, value=VALUES)
def test_whatever_a_file_holds_it_is_a_chip_or_refused(path: tuple[str, ...], value: object) -> None:
    content = change(chip_content(dataclasses.replace(LOIHI1, name="mine")), *path, to=value)
    try:
        chip = chip_from(content, "FILE")
    except ChipError as error:
        assert str(error).startswith(("FILE: ", "board "))
    else:
        assert chip_from(chip_content(chip), "FILE").figures == chip.figures


def test_chips_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ChipError, match=r"no chip is called 'loihi3'; known: loihi1, loihi2, or give a TOML file"):
        find_chip("loihi3")
    with pytest.raises(ChipError, match="cannot read the chip file"):
        find_chip(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("like = 'loihi7'\nname = 'x'")
    with pytest.raises(ChipError, match="like is 'loihi7'"):
        read_chip(tmp_path / "bad.toml", CHIPS)


def test_boards() -> None:
    hala = LOIHI2.board("hala-point")
    assert (hala.chips, hala.chips * hala.cores_per_chip(LOIHI2)) == (1152, 140_544)
    assert LOIHI1.board("pohoiki-springs").chips == 768
    assert LOIHI2.board("oheo-gulch").chips == 1
    assert LOIHI1.board("kapoho-bay").cores_per_chip(LOIHI1) == 128
    assert LOIHI2.board("2x3") == Board.grid(LOIHI2, 2, 3)
    assert Board.single(LOIHI1).chips == 1
    with pytest.raises(ChipError, match="Loihi 2 has no board 'kapoho-bay'; did you mean 'kapoho-point'"):
        LOIHI2.board("kapoho-bay")
    with pytest.raises(ChipError, match="has no board 'none'; it has kapoho-bay, nahuku, pohoiki-springs"):
        LOIHI1.board("none")
    for bad in ("0x1", "1x9999"):
        with pytest.raises(ChipError, match="chips along a side must lie in 1..1024"):
            LOIHI2.board(bad)


def test_cores_sit_on_tiles_row_by_row() -> None:
    assert [LOIHI1.tile(core) for core in (0, 3, 4, 31, 32, 127)] == [
        (0, 0),
        (0, 0),
        (1, 0),
        (7, 0),
        (0, 1),
        (7, 3),
    ]
    every = [LOIHI1.tile(core) for core in range(LOIHI1.cores)]
    assert all(every.count(tile) == LOIHI1.cores_per_tile for tile in every)
    assert Mesh.of(LOIHI1, None).places(np.arange(LOIHI1.cores)).tolist() == [list(tile) for tile in every]


def test_the_chip_of_the_documents(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/chips.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    (tmp_path / "mine.toml").write_text(block)
    chip = find_chip(tmp_path / "mine.toml")
    assert (chip.cores, chip.neurons_per_core, chip.axons_in_per_core) == (12, 4096, None)
    assert chip.figures["cores"].source == "our data sheet, page 7"
    assert chip.board("pair").cores_per_chip(chip) == 10
    for each in CHIPS.values():
        for board in each.boards.values():
            row = next(line for line in page.splitlines() if line.startswith(f"| {board.title} |"))
            assert row.split(" | ")[1:3] == [each.title, f"{board.chips:,}"]
