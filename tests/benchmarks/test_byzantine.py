"""The table of attacks and rules: which seeds count, and what it says of losses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import byzantine
from benchmarks.byzantine import ATTACKS, BEGIN, END, RULES, Run, main


def kept(folder: Path, runs: list[Run]) -> Path:
    """Write results as the benchmark keeps them."""
    measured = {"date": "2026-01-02 03:04 UTC", "processor": "a chip", "cores": "2"}
    file = folder / "results.json"
    file.write_text(json.dumps({"format": 1, "runs": [vars(run) for run in runs], "machine": measured}))
    return file


def every(seed: int, honest: float, attacked: float) -> list[Run]:
    """Return runs of a seed in which every rule but the average shrugs attacks off."""
    return [
        Run(rule, attack, seed, 15, attacked if (rule, attack) == ("fedavg", "scaled") else honest)
        for attack in ATTACKS
        for rule in RULES
    ]


def test_the_page_holds_the_means_of_whole_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    monkeypatch.setattr(byzantine, "PAGE", page)
    runs = [*every(1, 0.9, 0.2), *every(2, 0.94, 0.1), Run("krum", "none", 3, 15, 0.01)]
    assert main(["--page", str(kept(tmp_path, runs))]) == 0
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| krum | 92.0 ± 2.8 | 92.0 ± 2.8 |" in text and "seeds: 2;" in text
    assert "- `scaled` costs the plain average 77.0 points; fedavg, norms bounded 0.0, median 0.0" in text
    assert "Bulyan guards against 1," in text and "Measured 2026-01-02 03:04 UTC on a chip, 2 cores." in text


def test_results_without_a_whole_seed_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--page", str(kept(tmp_path, every(1, 0.9, 0.2)[1:]))]) == 2
    assert "have no seed with all attacks and rules" in capsys.readouterr().err
