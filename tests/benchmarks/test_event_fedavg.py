"""The page that holds ours beside Event-FedAvg."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.event_fedavg_results import BEGIN, END, PAGE, Run, read_beside, table
from benchmarks.kept import keep
from hardware.errors import LavaFedError


def run(seed: int, last: float, tested: str = "the test set") -> Run:
    return Run(
        method="slayer",
        network="784-32-16-10",
        seed=seed,
        tested=tested,
        settings={"rounds.count": "4"},
        judged=[2, 4],
        accuracy=[0.8, last],
        megabits=[30.0, 60.0],
        uplink=50.0,
        broadcast=10.0,
        copies=100.0,
        seconds=9.0,
        processor_seconds=7.0,
    )


def test_seeds_are_averaged_and_bits_counted_once_or_for_each_device() -> None:
    rows = table([run(2, 0.87), run(1, 0.86), run(3, 0.84, "the last 9 training images")]).rows
    assert rows[0] == (
        "ours: slayer, 784-32-16-10, 4 rounds",
        "the test set",
        "2",
        "86.50 ± 0.71",
        "86.00",
        "60.0",
        "50.0",
        "150.0",
    )
    assert rows[1][1:5] == ("the last 9 training images", "1", "84.00", "84.00")
    assert (rows[2][3], rows[2][5]) == ("87.02 ± 0.10", "281")


def test_devices_that_learn_on_their_chips_stand_beside_them(tmp_path: Path) -> None:
    on_chip = {"network": "784-32-10", "seed": 1, "judged": [5, 10], "accuracy": [0.7, 0.85], "seconds": 3.0}
    bits = {"bits_up": 40_000_000, "bits_broadcast": 2_000_000}
    runs = [
        {"data": data, "part": part, **on_chip, **bits}
        for data, part in (("fashion_mnist", "dominant"), ("fashion_mnist", "one device"), ("mnist", "0.5"))
    ]
    (tmp_path / "chips.json").write_text(json.dumps({"format": 1, "machine": {}, "runs": runs}))
    keep([run(1, 0.87)], tmp_path / "ours.json")
    rows = table(read_beside([tmp_path / "ours.json", tmp_path / "chips.json"])[0]).rows
    assert rows[1] == (
        "ours: on chip, 784-32-10, 10 rounds",
        "the test set",
        "1",
        "85.00",
        "85.00",
        "42.0",
        "40.0",
        "60.0",
    )


def test_the_page_is_written_anew_from_results(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    for seed in (1, 2):
        keep([run(seed, 0.86 + seed / 100)], tmp_path / f"{seed}.json")
    words = ["event_fedavg", "--page", str(tmp_path / "1.json"), str(tmp_path / "2.json"), "--into", str(page)]
    assert main(words) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n") and text.endswith(f"{END}\nafter\n")
    assert "87.50 ± 0.71" in text and "old" not in text and "![Accuracy against megabits](page.svg)" in text
    drawn = (tmp_path / "page.svg").read_bytes()
    assert main(words) == 0
    assert (page.read_text(encoding="utf-8"), (tmp_path / "page.svg").read_bytes()) == (text, drawn)


def test_results_of_another_kind_and_pages_without_a_place_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.json").write_text('{"format": 9}')
    with pytest.raises(LavaFedError, match="cannot be read as results: format 9; make them with --json"):
        read_beside([tmp_path / "other.json"])
    keep([run(1, 0.9)], tmp_path / "good.json")
    (tmp_path / "page.md").write_text("nothing")
    assert main(["event_fedavg", "--page", str(tmp_path / "good.json"), "--into", str(tmp_path / "page.md")]) == 2
    assert "has no place for results" in " ".join(capsys.readouterr().err.split())


def test_the_real_page_has_its_place() -> None:
    assert PAGE.read_text(encoding="utf-8").count(BEGIN) == 1
