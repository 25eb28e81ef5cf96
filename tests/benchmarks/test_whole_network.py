from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.kept import keep, read
from benchmarks.whole_network import main
from benchmarks.whole_network_results import BEGIN, END, Run, write_page
from hardware.errors import LavaFedError


def a_run(seed: int, last: float) -> Run:
    return Run(
        data="mnist",
        seed=seed,
        feedback="learned",
        bar=0.98,
        anneal=[0, 1],
        shift=1,
        learned_from=60000,
        tested_with="the test set",
        accuracy=[0.9, last],
        seconds_a_pass=[10.0, 12.0],
        spikes={"input": 500.0, "hidden": 400.0},
        synaptic_operations={"input->hidden": 200000.0, "hidden->readout": 4000.0},
        learning_updates={"input->hidden": 401920.0},
        joules={"value": 3e-5, "low": 2e-6, "high": 6e-5},
        seconds_on_chip={},
    )


def test_results_come_back_and_fill_the_page_between_its_marks(tmp_path: Path) -> None:
    keep([a_run(1, 0.98)], tmp_path / "a.json")
    keep([a_run(2, 0.99)], tmp_path / "b.json")
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    assert read(files)[0] == [a_run(1, 0.98), a_run(2, 0.99)]
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(files, page)
    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\n| data |") and text.endswith(f"{END}\nafter\n") and "old" not in text
    assert "| mnist | learned | 2 | 90.00 99.00 | **99.00** | 98.0 |" in text
    assert "98.50 ± 0.71 %, seeds: 2; 60,000 images a pass, images moved by up to 1 pixel" in text
    assert "| energy, uJ | 30.0 (2.0 to 60.0) |" in text and "| time on the chip, us | - |" in text


def test_what_holds_no_results_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("", "[]", json.dumps({"format": 9, "machine": {}, "runs": []})):
        (tmp_path / "bad.json").write_text(content)
        with pytest.raises(LavaFedError, match="cannot be read as results"):
            read([tmp_path / "bad.json"])
    (tmp_path / "page.md").write_text("no marks")
    with pytest.raises(LavaFedError, match="has no place for results"):
        write_page([], tmp_path / "page.md")
    assert main(["--data", str(tmp_path)]) == 2
    assert "holds no file train-images-idx3-ubyte.gz" in " ".join(capsys.readouterr().err.split())
