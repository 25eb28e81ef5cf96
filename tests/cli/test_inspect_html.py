"""``lava-fed inspect``: rates, cores, and the page."""

from __future__ import annotations

import numpy as np
import pytest

from compile.pipeline import place_network
from hardware.activity import measure
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from lava_fed.data import archive
from tests.chip_page.conftest import chain, dense


def test_the_page_is_written_beside_the_tables_and_is_the_same_every_time(lava_fed, program, tmp_path):
    said = lava_fed("inspect", str(program), "--html", "page.html")
    assert (said.code, said.err) == (0, "")
    first = (tmp_path / "page.html").read_bytes()
    assert f"Wrote page.html ({len(first) // 1000} kB, opens without a network)." in said.out.splitlines()
    document = lava_fed("inspect", str(program), "--html", "page.html", "--json").document
    assert (document["html"], document["bytes"]) == ("page.html", len(first))
    assert (tmp_path / "page.html").read_bytes() == first
    assert b"Rates are assumed: every unit sends in every step, which no run can exceed." in first
    assert "html" not in lava_fed("inspect", str(program), "--json").document


def test_with_input_the_rates_are_measured(lava_fed, program, data, tmp_path):
    said = lava_fed("inspect", str(program), "--input", str(data), "--html", "page.html", "--json")
    assert said.code == 0
    loaded, spikes = Program.load(program), archive.read(data).x
    with EmulatorBackend().load(loaded) as session:
        activity = measure(session, [spikes])
    assert said.document["traffic"]["measured"] is True
    heard = [
        core["messages_from_host"]
        for core in said.document["cores"]
        if loaded.network.layers[0].name in core["layers"]
    ]
    assert heard == [pytest.approx(activity.sent["input"].sum() / activity.steps)]
    words = f"Rates are measured on {activity.samples} samples, {activity.steps} steps in all."
    assert words in (tmp_path / "page.html").read_text()
    assert "energy of a sample, an estimate" in (tmp_path / "page.html").read_text()


def test_an_assumed_rate_scales_messages(lava_fed, program):
    whole = lava_fed("inspect", str(program), "--json").document["cores"]
    part = lava_fed("inspect", str(program), "--rate", "0.25", "--json").document["cores"]
    assert [each["messages_from_host"] for each in part] == [0.25 * each["messages_from_host"] for each in whole]
    assert any(each["messages_from_host"] for each in part)
    shown = lava_fed("inspect", str(program), "--rate", "0.25").out.splitlines()
    assert "Rates are assumed: every unit sends 0.25 messages a step." in shown


def test_rates_are_measured_or_assumed_and_not_both(lava_fed, program, data, tmp_path):
    said = lava_fed("inspect", str(program), "--input", str(data), "--rate", "0.5", "--html", "page.html")
    assert (said.code, said.out) == (2, "")
    assert said.err == "Error: give either --input DATA.npz to measure rates, or --rate to assume them\n"
    assert not (tmp_path / "page.html").exists()


def test_a_page_that_cannot_be_written_is_refused_before_anything_runs(lava_fed, program):
    said = lava_fed("inspect", str(program), "--html", "nowhere/page.html")
    assert (said.code, said.out) == (2, "")
    assert said.err == "Error: cannot write nowhere/page.html: there is no folder nowhere\n"


def test_a_program_that_is_not_placed_has_no_page_but_tables(lava_fed, program, tmp_path):
    loaded = Program.load(program)
    Program(loaded.network, loaded.chip).save(tmp_path / "bare.h5")
    assert lava_fed("inspect", "bare.h5").code == 0
    said = lava_fed("inspect", "bare.h5", "--html", "page.html")
    assert said.code == 2
    assert "is not placed on cores, so there is nothing to draw" in said.err
    assert not (tmp_path / "page.html").exists()


def test_the_busiest_cores_are_shown_or_all_where_asked(lava_fed, tmp_path):
    place_network(chain(*(dense(4, 4) for _ in range(20))), LOIHI2).save(tmp_path / "deep.h5")
    short, whole = lava_fed("inspect", "deep.h5").out, lava_fed("inspect", "deep.h5", "--cores").out
    assert "Cores: the 16 busiest of 20; --cores shows all" in short
    assert len(lava_fed("inspect", "deep.h5", "--json").document["cores"]) == 20
    table = whole[whole.index("Cores") : whole.index("Rates are")]
    assert sum(" dense " in line for line in table.splitlines()) == 20


def test_sums_are_bounded_once(lava_fed, program, monkeypatch):
    from hardware.ranges import analysis

    calls = []
    ranges = analysis.ranges
    monkeypatch.setattr(analysis, "ranges", lambda *given: calls.append(given) or ranges(*given))
    assert lava_fed("inspect", str(program)).code == 0
    assert len(calls) == 1
    assert np.isfinite(calls[0][1])


def test_a_page_is_never_written_over_what_is_read(lava_fed, program, data):
    for target in (program, data):
        before = target.read_bytes()
        said = lava_fed("inspect", str(program), "--input", str(data), "--html", str(target))
        assert (said.code, said.out) == (2, "")
        assert said.err == f"Error: {target} is what is read; choose another file to write\n"
        assert target.read_bytes() == before
