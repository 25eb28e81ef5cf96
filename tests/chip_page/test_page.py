"""The page of a Program: complete, self-contained, safe, and the same for the same Program."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re

import pytest

from cli.chip_page.gather import gather
from cli.chip_page.page import headline, render
from cli.chip_page.shade import Shade, shades
from compile.core_rows import core_report
from compile.report import LimitRow
from hardware.activity import assumed
from hardware.errors import LavaFedError
from lava_fed.report.numbers import si
from tests.chip_page.conftest import PROGRAMS, content_of
from tests.report.test_page import HOSTILE, outline

EVERY = pytest.mark.parametrize("name", PROGRAMS)


@EVERY
def test_every_core_is_in_the_picture_and_in_the_table(contents, name):
    page = render(contents[name])
    cores = [str(row.core) for row in contents[name].cores]
    assert re.findall(r'<g class="core"[^>]* data-core="([0-9]+)"', page) == cores
    assert re.findall(r'<tr data-core="([0-9]+)"', page) == cores
    assert page.count('<figure class="chip">') == len(contents[name].chips)


@EVERY
def test_a_core_is_marked_with_its_layers_and_levels_and_its_frame_lies_on_its_tile(contents, name):
    content = contents[name]
    marks = re.findall(r'data-core="([0-9]+)" data-layers="([0-9 ]+)" data-levels="([0-6]+)"', render(content))
    for row, (core, layers, levels) in zip(content.cores, marks, strict=True):
        assert int(core) == row.core
        assert [content.layers[int(number) - 1].row.name for number in layers.split()] == list(row.layers)
        assert levels == "".join(str(shade.level(row.core)) for shade in shades(content))
    places = re.findall(r'class="edge" x="([0-9.]+)" y="([0-9.]+)"', render(content))
    spec, across = content.chip, 90
    for row, (x, y) in zip(content.cores, places, strict=True):
        assert (float(x) // across, float(y) // across) == (row.column % spec.columns, row.row % spec.rows)


def test_levels_split_shares_where_the_legend_says():
    values = {0: 0.0, 1: 0.001, 2: 10, 3: 10.5, 4: 50, 5: 200, 6: 201, 7: 800, 8: 801, 9: 1000}
    shade = Shade("n", "neurons", "", values, 1000, True, str)
    assert [shade.level(core) for core in values] == [0, 1, 1, 2, 2, 3, 4, 5, 6, 6]
    assert shade.legend() == (
        "none", "up to 1 %", "1 to 5 %", "5 to 20 %", "20 to 50 %", "50 to 80 %", "80 to 100 %",
    )  # fmt: skip
    nothing = Shade("n", "traffic", "", {0: 0.0}, 0, False, str)
    assert nothing.level(0) == 0


def test_layers_add_up_to_the_cores(contents):
    for content in contents.values():
        assert sum(part.traffic for part in content.layers) == pytest.approx(
            sum(row.traffic for row in content.cores)
        )
        assert sum(sum(part.bits.values()) for part in content.layers) == sum(
            sum(row.bits.values()) for row in content.cores
        )
        for part in content.layers:
            assert part.row.cores == len(part.cores)
            assert part.messages == 0.25 * part.row.units


def test_the_energy_of_layers_and_of_cores_is_that_of_the_account(contents):
    for content in contents.values():
        account = content.account
        assert account is not None
        steps = account.events.steps
        elsewhere = sum(entry.joules.value for entry in account.entries if entry.core is None) / steps
        assert sum(content.joules.values()) + elsewhere == pytest.approx(account.joules.value / steps)
        assert si(account.joules.value / steps, "J") in render(content)


def test_estimates_and_assumed_rates_are_said_to_be_such(contents):
    content = contents["shared"]
    words = " ".join(outline(render(content)).words).replace("\xa0", " ")
    assert "Rates are assumed: every unit sends 0.25 messages a step. Energy and time are estimates." in words
    assert "Energy and time (estimate)" in words
    assert "where they sit is an estimate" in words
    assert "energy of a step, an estimate" in words
    assert words.count("energy of a step (estimate)") == 2
    for figure in content.chip.figures.values():
        assert figure.text in words
        assert figure.source.split(";")[0] in words


def test_without_an_energy_model_the_page_does_without_energy():
    program = PROGRAMS["small"]()
    activity = assumed(program.network, 1)
    content = gather("a.h5", program, core_report(program, activity), activity, None)
    page = render(content)
    assert [shade.key for shade in shades(content)][-1] == "traffic"
    assert "No energy model comes with the chip" in page
    assert "which no run can exceed" in page
    assert "joules" not in page


def test_a_program_that_is_not_placed_is_refused():
    program = dataclasses.replace(PROGRAMS["small"](), placement=())
    activity = assumed(program.network, 1)
    with pytest.raises(LavaFedError, match="is not placed on cores, so there is nothing to draw"):
        gather("a.h5", program, core_report(program, activity), activity, None)


@EVERY
def test_nothing_is_fetched_and_no_script_but_its_own_may_run(contents, name):
    page = render(contents[name])
    parsed = outline(page)
    assert {tag for tag, _ in parsed.tags} & {"link", "img", "iframe", "object", "embed", "base"} == set()
    assert not any({"src", "href", "srcset"} & set(attributes) for _, attributes in parsed.tags)
    assert not any(key.startswith("on") for _, attributes in parsed.tags for key in attributes)
    assert re.findall(r"https?:|url\(|@import", page.split("<h2>What is known of the chip")[0]) == []
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}';" in page


@EVERY
def test_equal_programs_give_equal_pages(contents, name):
    assert render(contents[name]) == render(content_of(PROGRAMS[name]()))


def test_strings_from_files_stay_text(contents):
    content = contents["small"]
    row = dataclasses.replace(content.layers[0].row, name=HOSTILE, sources=(HOSTILE,), neuron=HOSTILE)
    core = dataclasses.replace(content.cores[0], layers=(HOSTILE,))
    evil = dataclasses.replace(
        content,
        name=HOSTILE,
        chip=dataclasses.replace(content.chip, title=HOSTILE),
        report=dataclasses.replace(content.report, rows=(core, *content.cores[1:])),
        layers=(dataclasses.replace(content.layers[0], row=row), *content.layers[1:]),
        limits=(LimitRow(HOSTILE, HOSTILE, 1, 2, "published"),),
        inputs=HOSTILE,
        provenance={HOSTILE: HOSTILE},
    )
    parsed = outline(render(evil))
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    assert "img" not in {tag for tag, _ in parsed.tags}
    assert headline(evil)[0] in "".join(parsed.words).replace("\xa0", " ")


def test_a_board_of_1152_chips_shows_those_in_use_and_stays_small(contents):
    page = render(contents["hala"])
    assert "Hala Point: 3 of 1,152 chips in use" in page
    assert "Chip 1151 (column 35, row 31 of the board): 1 of 122 cores in use" in page
    assert len(page) < 150_000
