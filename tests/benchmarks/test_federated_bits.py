"""The table of bytes to reach an accuracy says what the runs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.federated_bits import RECIPES, WAYS, document
from benchmarks.federated_bits_results import BEGIN, END, Run, table, write_page
from benchmarks.kept import keep
from hardware.errors import LavaFedError
from lava_fed.config.reader import parse


def run(accuracy: list[float], seed: int = 1, way: str = "topk fraction 0.01", feedback: bool = True) -> Run:
    return Run(
        way=way,
        feedback=feedback,
        exact=way == "exact",
        seed=seed,
        data="digits",
        samples=0,
        network="63-64-10",
        judged=list(range(1, len(accuracy) + 1)),
        accuracy=accuracy,
        bytes_up=[10_000] * len(accuracy),
        bytes_broadcast=[1_000] * len(accuracy),
        seconds=1.0,
    )


def test_bytes_are_counted_up_to_the_first_round_that_reached_it() -> None:
    found = table([run([0.5, 0.92, 0.7, 0.96])])
    assert found.rows == (("topk fraction 0.01", "yes", "1,000", "96.0", "20", "22", "40", "44"),)


def test_seeds_are_one_row_that_says_how_many_reached_it() -> None:
    found = table([run([0.92, 0.97]), run([0.7, 0.91], seed=2)])
    assert found.rows == (
        ("topk fraction 0.01", "yes", "1,000", "94.0 (91.0 to 97.0)", "15", "16", "20 (1 of 2)", "22"),
    )


def test_what_nobody_reached_is_said() -> None:
    assert table([run([0.5], way="exact")]).rows[0][4:] == ("not reached", "", "not reached", "")
    assert table([run([0.5], way="exact"), run([0.5], feedback=False)]).rows[1][1] == "no"


def test_the_page_is_written_between_its_marks(tmp_path: Path) -> None:
    page, kept = tmp_path / "page.md", tmp_path / "kept.json"
    keep([run([0.9])], kept)
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page([kept], page)
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n### Bytes to reach an accuracy: digits\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    keep([run([0.9])], tmp_path / "kept.json")
    with pytest.raises(LavaFedError, match="has no place for results"):
        write_page([tmp_path / "kept.json"], tmp_path / "page.md")


def test_results_of_another_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text('{"format": 0}')
    with pytest.raises(LavaFedError, match="cannot be read as results: format 0; make them with --json"):
        write_page([tmp_path / "kept.json"], tmp_path / "page.md")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.data)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.title} {way.feedback}")
def test_every_way_is_a_sound_config(recipe: object, way: object, tmp_path: Path) -> None:
    config = parse(document(recipe, way, 1, tmp_path), tmp_path, "way")  # type: ignore[arg-type]
    assert config.uplink.codec == way.codec  # type: ignore[attr-defined]
