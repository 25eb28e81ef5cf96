"""Tables, JSON, picture and page of recorded results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.ceiling import doubt, higher, per_cycle, share
from benchmarks.page import BEGIN, END, write_page
from benchmarks.results import read, write
from benchmarks.table import Table, ratio, tables, verdict
from hardware.errors import LavaFedError
from tests.benchmarks.recorded import cell, results


def table(start: str) -> Table:
    return next(one for one in tables(results()) if one.title.startswith(start))


def row(shown: Table, name: str) -> tuple[str, ...]:
    return next(cells for cells in shown.rows if cells[0] == name)


def test_a_contender_stands_beside_ours_at_each_batch_with_the_median_ratio() -> None:
    speed = table("tiny: steps")
    assert speed.header == ("", "start-up", "memory", "batch 1", "ours is", "batch 64", "ours is")
    assert row(speed, "lava-fed 1.0")[3:] == ("100,000", "", "1,000,000", "")
    assert row(speed, "Lava 1.0") == (
        "Lava 1.0", "0.5 s", "100 MB", "500", "200 x (190..260)", "500", "2,000 x"
    )  # fmt: skip


def test_the_batch_that_a_contender_did_not_run_is_left_empty() -> None:
    assert row(table("tiny: steps"), "Other 1.0")[3:] == ("10,000", "10.0 x", "", "")


def test_a_contender_that_is_missing_has_a_reason_instead_of_numbers() -> None:
    speed = table("tiny: steps")
    assert row(speed, "Absent 1.0")[1:] == ("not measured", "", "", "", "", "")
    assert "Absent: absent is not installed; make peers." in speed.notes


def test_every_row_is_as_wide_as_its_header() -> None:
    made = tables(results())
    assert [one.title for one in made] == [
        "tiny: steps x samples per second",
        "tiny: messages of 2 samples, by layer",
        "The ceiling",
        "Memory",
        "Growth",
    ]
    for one in made:
        assert {len(cells) for cells in one.rows} == {len(one.header)}, one.title


def test_dead_layers_and_differing_messages_are_seen_beside_ours() -> None:
    agreement = table("tiny: messages")
    assert row(agreement, "Lava") == ("Lava", "30", "5", "equal")
    assert row(agreement, "Other") == ("Other", "31", "0", "differ in out")
    assert verdict(results()["networks"][0]["standings"][3]) == "not compared"


def test_the_share_of_the_ceiling_is_operations_per_second_over_16_bit_additions() -> None:
    """1,000 operations a step, a million steps a second, of 128 billion additions a second."""
    found = results()
    assert share(found["networks"][0], found["ceiling"]) == pytest.approx(1e9 / 1.28e11)
    assert per_cycle(found["ceiling"]) == 64


def test_a_ceiling_that_other_work_has_lowered_is_not_to_be_quoted() -> None:
    """16-bit additions that are no faster than 32-bit ones; a second thread that adds nothing."""
    found = results()
    ceiling = found["ceiling"]
    one = ceiling["adds"]
    assert doubt(ceiling) == ""
    narrow: Any = ceiling | {"adds": [one[0] | {"registers": 7e10}, one[1]]}
    assert "not twice as fast" in doubt(narrow)
    pairs = [adds | {"threads": 2, "registers": 1.1 * adds["registers"]} for adds in one]
    alone: Any = ceiling | {"adds": [*one, *pairs]}
    assert "2 threads do not add" in doubt(alone)
    found["ceiling"] = narrow
    assert sum("DO NOT QUOTE" in note for made in tables(found) for note in made.notes) == 2


def test_the_higher_of_two_ceilings_counts_figure_by_figure() -> None:
    first = results()["ceiling"]
    second: Any = first | {
        "hertz": 3e9,
        "adds": [adds | {"registers": 1e9, "cache": 1e12} for adds in first["adds"]],
    }
    both = higher(first, second)
    assert both["hertz"] == 3e9
    assert both["adds"][0] == first["adds"][0] | {"cache": 1e12}


def test_a_growth_that_could_not_be_measured_says_why() -> None:
    found = results()
    found["growth"][1] |= {"reason": "noise", "sizes": [], "values": [], "exponent": 0.0}
    growth = next(made for made in tables(found) if made.title == "Growth")
    assert row(growth, "memory against batch")[1:] == ("not measured", "", "", "")
    assert "memory against batch: noise." in growth.notes


def test_an_exponent_outside_the_bar_is_called_so() -> None:
    growth = table("Growth")
    assert row(growth, "time against batch")[1:4] == ("1 to 100", "1.00", "yes")
    assert row(growth, "memory against batch")[2:4] == ("1.30", "no")


def test_the_median_ratio_is_shown_with_its_range() -> None:
    assert ratio(cell(1, 1.0, [0.5, 0.25, 12.34])) == "0.50 x (0.25..12.3)"


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    write(results(), tmp_path / "a.json")
    assert read(tmp_path / "a.json") == results()


@pytest.mark.parametrize("text", ["", "[]", '{"format": 0}'])
def test_what_is_no_result_is_refused_with_the_remedy(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(LavaFedError, match="--json"):
        read(tmp_path / "a.json")


def test_the_page_keeps_what_is_around_its_results_and_can_be_written_again(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    page = tmp_path / "performance.md"
    page.write_text(f"# Title\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(results(), page)
    once = page.read_text()
    write_page(results(), page)
    assert page.read_text() == once
    assert once.startswith("# Title\n") and once.endswith("\nafter\n") and "old" not in once
    assert "| Lava 1.0 | 0.5 s | 100 MB | 500 | 200 x (190..260) | 500 | 2,000 x |" in once
    assert "- processor: a chip" in once and "(performance.svg)" in once
    assert (tmp_path / "performance.svg").read_text().lstrip().startswith("<?xml")


def test_a_page_without_a_place_for_results_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("mine")
    with pytest.raises(LavaFedError, match="no place for results"):
        write_page(results(), page)
    assert page.read_text() == "mine"


def test_the_page_in_docs_has_a_place_for_results() -> None:
    page = (Path(__file__).parents[2] / "docs" / "performance.md").read_text()
    assert page.index(BEGIN) < page.index(END)


def test_an_unknown_network_is_an_error_that_names_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--only", "nowhere"]) == 2
    assert "64-64-10" in capsys.readouterr().err


def test_page_without_results_says_how_to_give_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page"]) == 2
    assert "--json" in capsys.readouterr().err
